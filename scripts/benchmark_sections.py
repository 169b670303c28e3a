"""What the benchmark of the field is made of: sets of pictures, methods and trained systems."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SCORES = ROOT / "benchmarks" / "scores"
CARDS = ROOT / "benchmarks" / "cards"

OURS = ("unblur", "unblur-best", "unblur-blind")
KNOWN = (
    "wiener",
    "unsupervised-wiener",
    "regularised",
    "richardson-lucy",
    "damped-richardson-lucy",
)
GUESSED = ("wiener-guessed", "richardson-lucy-guessed", "blind-richardson-lucy")
CONTROL = ("non-local-means",)
RIVALS = ("wiener", "unsupervised-wiener", "richardson-lucy")
"""What the default model is compared with where the PSF is known."""

HYBRID = ("hybrid-wiener", "hybrid-wiener-per-image")
CSFORMER = ("csformer-scratch", "csformer")
LOWRES = (
    "lowres-autoencoder-4",
    "lowres-autoencoder-6",
    "lowres-autoencoder",
    "lowres-autoencoder-pool",
    "lowres-chain",
)
DUAL = (
    "single-autoencoder-ordinary",
    "single-autoencoder",
    "dual-autoencoder-ordinary",
    "dual-autoencoder",
)
SEED = ("seed-autoencoder",)
DIRECT = ("direct-autoencoder",)
SYSTEMS = (*SEED, *HYBRID, *LOWRES, *DUAL, *CSFORMER, *DIRECT)

TRAINED_FOR = {
    "hybrid-wiener": ("Validation", ("defocus",)),
    "hybrid-wiener-per-image": ("Validation", ("gaussian", "defocus", "motion")),
    "csformer-scratch": ("Validation", ("defocus", "motion")),
    "csformer": ("Validation", ("defocus", "motion")),
    "direct-autoencoder": ("Validation", ("gaussian", "defocus", "motion", "shake")),
    **dict.fromkeys(LOWRES, ("Small pictures", ("gaussian", "poisson"))),
    **dict.fromkeys(
        DUAL, ("Noises", ("gaussian-noise", "poisson", "speckle", "impulse", "gaussian-blur"))
    ),
}
"""Where each system is at home: the section and the kinds of blur that it was trained for."""


@dataclass(frozen=True)
class Section:
    """One protocol on some folders, averaged over together.

    `systems` are reference systems that were trained for this blur; `published` is for the page.
    """

    title: str
    protocol: str
    folders: tuple[str, ...]
    words: str
    methods: tuple[str, ...] = (*OURS, *KNOWN, *GUESSED, *CONTROL)
    systems: tuple[str, ...] = ()
    limit: int | None = None
    published: str = ""

    @property
    def file(self) -> Path:
        """Where its scores are stored."""
        return SCORES / f"{self.title.lower().replace(' ', '-').replace(chr(39), '')}.csv"

    def sets(self, data: Path) -> list[str]:
        protocol = str(data / self.protocol) if self.protocol.endswith(".npz") else self.protocol
        return [f"{protocol}:{data / name}" for name in self.folders if (data / name).is_dir()]


_VALIDATION = (
    "blur in linear light, true pixels beyond the border, noise of 0.005, 8 bits; gaussian of "
    "sigma 1-3, defocus of radius 1.5-6 px, motion of 5-20 px, camera shake of 8-25 px"
)
_DPIR = (
    "gaussian of sigma 1.6 on the stored numbers, circular, noise of 2.55/255, as DPIR (Zhang et "
    "al. 2021) blurs; colour"
)
_FEW = ("unblur", "unblur-best", "wiener", "unsupervised-wiener", "richardson-lucy")
_BLIND = ("unblur-blind", *GUESSED)
SECTIONS = (
    Section(
        "Validation",
        "validation",
        ("val/cid22", "val/bsds"),
        _VALIDATION,
        systems=(*HYBRID, *CSFORMER, *DIRECT),
        limit=4,
    ),
    Section(
        "Noise and JPEG",
        "robust",
        ("val/bsds",),
        "as above, noise of 0.02, JPEG quality 70",
        methods=("unblur", "unblur-blind", *RIVALS, *CONTROL),
        limit=10,
    ),
    Section(
        "Average filters",
        "average",
        ("val/bsds",),
        "boxes of 3 to 15 px on the stored numbers, noise of 0.01, 8 bits, as Al-amri and "
        "Kalyankar (2010) compared classical methods",
        methods=(
            *OURS,
            *KNOWN,
            *(f"{name}-guessed" for name in KNOWN),
            "blind-richardson-lucy",
            *CONTROL,
        ),
        limit=4,
    ),
    Section(
        "Small pictures",
        "lowres",
        ("val/bsds",),
        "pictures shrunk to a quarter; gaussian of sigma 0.5-2 on the stored numbers, then "
        "gaussian noise of 0.01-0.1 or Poisson noise of 50-1000 photons at white; *none*: the "
        "picture itself, neither blurred nor noisy",
        methods=("unblur", "unblur-blind", *RIVALS, *CONTROL),
        systems=LOWRES,
    ),
    Section(
        "Noises",
        "noises",
        ("val/bsds",),
        "pictures shrunk to 0.4, one degradation at a time: gaussian noise of 0.02-0.1, Poisson "
        "noise of 30-300 photons at white, speckle of 0.05-0.25, impulses on 1-10 % of the "
        "pixels, gaussian blur of sigma 0.5-2, none",
        methods=("unblur-blind", *CONTROL),
        systems=DUAL,
    ),
    Section("Set5", "dpir", ("test/set5",), _DPIR, _FEW, published="DPIR publishes 32.38 dB."),
    Section("Set14", "dpir", ("test/set14",), _DPIR, _FEW),
    Section("Set3C", "dpir", ("test/set3c",), _DPIR, _FEW),
    Section(
        "CBSD68",
        "dpir",
        ("test/cbsd68",),
        _DPIR,
        _FEW,
        published="DPIR publishes 28.86 dB.",
    ),
    Section(
        "USRNet's PSFs",
        "psf/usrnet12.npz",
        ("val/bsds",),
        "twelve PSFs of USRNet, otherwise as validation",
        (*_FEW, *_BLIND),
        limit=2,
    ),
    Section("GoPro", "pairs", ("pairs/gopro",), "real motion blur, nobody knows the PSF", _BLIND),
    Section(
        "REDS", "pairs", ("pairs/reds",), "real motion blur, nobody knows the PSF", _BLIND, limit=8
    ),
)
