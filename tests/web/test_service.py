"""The service against the library: the same pictures, and clear refusals."""

from __future__ import annotations

import contextlib
import io
import json
from email import message_from_bytes
from email.policy import HTTP

import httpx
import numpy as np
import pytest
from PIL import Image

import unblur
from unblur.web.security import HEADERS


@pytest.fixture(scope="module")
def restorer() -> unblur.Restorer:
    return unblur.Restorer(threads=1, device="cpu")


def exif() -> bytes:
    tags = Image.Exif()
    tags[0x010F] = "a camera"
    tags[0x0112] = 6  # lying on its side
    return tags.tobytes()


def jpeg(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=92, exif=exif(), dpi=(300, 300))
    return file.getvalue()


def png(pixels: np.ndarray) -> bytes:
    return unblur.encode_photo(unblur.Photo(pixels.reshape(*pixels.shape[:2], -1)), "PNG")


def problem(answer) -> dict:
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert set(told) == {"type", "title", "status", "detail"}
    assert told["status"] == answer.status_code
    assert "\n" not in told["detail"]
    return told


def test_the_answer_is_the_file_that_the_library_writes(server, restorer, small, tmp_path):
    source, target = tmp_path / "in.jpg", tmp_path / "out.jpg"
    source.write_bytes(jpeg(small))
    report = unblur.restore_file(source, target, restorer=restorer)
    answer = server.post("/v1/restore", source.read_bytes())
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.content == target.read_bytes()
    told = json.loads(answer.headers["unblur-report"])
    assert (told["width"], told["height"], told["format"]) == (72, 96, "jpeg")
    assert told["blur"]["kind"] == report.blur.kind
    assert "psf" not in told["blur"]


def test_options_of_a_form_are_those_of_the_library(server, restorer, small, tmp_path):
    source, target = tmp_path / "in.jpg", tmp_path / "out.png"
    source.write_bytes(jpeg(small))
    unblur.restore_file(
        source,
        target,
        psf=unblur.disk_psf(2.0),
        strength=0.5,
        linear=False,
        strip=True,
        restorer=restorer,
    )
    words = {
        "strength": "0.5",
        "psf": "disk:2",
        "format": "png",
        "strip": "true",
        "encoded": "true",
    }
    answer = server.send("/v1/restore", {"image": source.read_bytes()}, words)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/png"
    assert answer.content == target.read_bytes()
    asked = "&".join(f"{name}={value}" for name, value in words.items())
    assert server.post(f"/v1/restore?{asked}", source.read_bytes()).content == answer.content


def test_sixteen_bits_come_back_as_sixteen(server, small):
    pixels = small[..., :1].astype(np.uint16) * 257
    answer = server.post("/v1/restore", png(pixels))
    assert unblur.decode_photo(answer.content).pixels.dtype == np.uint16


def test_a_psf_may_be_a_picture_anywhere_in_its_frame(server, restorer, small):
    drawn = np.zeros((33, 33), np.uint8)
    drawn[5, 3:12] = 255
    answer = server.send("/v1/restore", {"image": png(small), "psf": png(drawn)})
    expected = restorer.restore(small, unblur.psf_from_picture(drawn))
    np.testing.assert_array_equal(unblur.decode_photo(answer.content).pixels, expected)


def test_a_mask_restricts_the_effect(server, restorer, small):
    mask = np.zeros(small.shape[:2], np.uint8)
    mask[:, 48:] = 255
    files = {"image": png(small), "mask": png(mask)}
    answer = server.send("/v1/restore", files, {"psf": "disk:2"})
    result = unblur.decode_photo(answer.content).pixels
    full = restorer.restore(small, unblur.disk_psf(2.0))
    np.testing.assert_array_equal(result[:, :48], small[:, :48])
    np.testing.assert_array_equal(result[:, 48:], full[:, 48:])
    assert (full != small)[:, 48:].any()


def test_report_and_file_in_one_answer(server, small):
    answer = server.post("/v1/restore", png(small), accept="multipart/form-data")
    head = f"Content-Type: {answer.headers['content-type']}\r\n\r\n".encode()
    report, image = message_from_bytes(head + answer.content, policy=HTTP).iter_parts()
    told = json.loads(report.get_content())
    assert len(told["blur"]["psf"]) == 33
    # the same but for the seconds
    alone = server.post("/v1/restore", png(small))
    assert image.get_payload(decode=True) == alone.content


@pytest.mark.parametrize("kind", [np.uint16, np.float32])
def test_a_preview_is_what_browsers_show(server, small, kind):
    scan = unblur.Photo(unblur.Photo(small).as_dtype(kind).pixels)
    files = {"image": unblur.encode_photo(scan, "TIFF")}
    accept = {"accept": "multipart/form-data"}
    answer = server.send("/v1/restore", files, {"preview": "true", "psf": "disk:2"}, **accept)
    head = f"Content-Type: {answer.headers['content-type']}\r\n\r\n".encode()
    _, *parts = message_from_bytes(head + answer.content, policy=HTTP).iter_parts()
    image, before, after = (unblur.decode_photo(p.get_payload(decode=True)) for p in parts)
    assert image.pixels.dtype == kind
    np.testing.assert_array_equal(before.pixels, small)
    np.testing.assert_array_equal(after.pixels, image.as_dtype(np.uint8).pixels)


def test_quality_is_that_of_the_library(server, small):
    wanted = unblur.Restorer(threads=1, quality="fast", device="cpu").restore(
        small, unblur.disk_psf(2.0)
    )
    answer = server.post("/v1/restore?quality=fast&psf=disk:2", png(small))
    np.testing.assert_array_equal(unblur.decode_photo(answer.content).pixels, wanted)


def test_limits(server):
    told = server.get("/v1/limits").json()
    assert told == {"bytes": 1_000_000, "pixels": 500_000, "seconds": 300, "token": False}


def test_inspect(server, restorer, small):
    told = server.post("/v1/inspect", png(small)).json()
    report = restorer.inspect(small).to_dict()
    assert {name: told[name] for name in report} == report


def test_models_and_signs_of_life(server):
    (model, *_) = server.get("/v1/models").json()
    assert model["model"] == "default"
    assert server.get("/healthz").json() == {"status": "ok"}
    assert server.get("/readyz").json() == {"status": "ready"}


def animation() -> bytes:
    file = io.BytesIO()
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    frames[0].save(file, "WEBP", save_all=True, append_images=frames[1:])
    return file.getvalue()


def bomb() -> bytes:
    """Ten thousand times ten thousand pixels in a few kilobytes."""
    file = io.BytesIO()
    Image.new("1", (10_000, 10_000)).save(file, "PNG", optimize=True)
    return file.getvalue()


@pytest.mark.parametrize(
    ("path", "body", "status", "word"),
    [
        ("/v1/restore", b"", 415, "empty"),
        ("/v1/restore", b"hello", 415, "known kind"),
        ("/v1/restore", b"GIF89a" + bytes(20), 415, "GIF"),
        ("/v1/restore", b"<svg xmlns='x'/>", 415, "SVG"),
        ("/v1/inspect", b"%PDF-1.7", 415, "PDF"),
        ("/v1/restore", b"\x89PNG\r\n\x1a\n" + bytes(40), 422, "PNG"),
        ("/v1/restore", b"\xff\xd8\xff\xe0" + bytes(40), 422, "JPEG"),
        ("/v1/restore", animation(), 422, "animation"),
        ("/v1/restore", bomb(), 413, "megapixels"),
        ("/v1/restore", bytes(1_100_000), 413, "1 MB"),
        ("/v1/restore?strength=2", b"", 422, "strength"),
        ("/v1/restore?strenth=1", b"", 422, "strenth"),
        ("/v1/restore?format=gif", b"", 422, "format"),
        ("/v1/restore?quality=superb", b"", 422, "quality"),
        ("/v1/restore?psf=/etc/passwd", b"x", 422, "gaussian:SIGMA"),
        ("/v1/restore?psf=motion:1000,0", b"x", 422, "px wide"),
        ("/v1/restore?psf=box:0", b"x", 422, "box"),
        ("/v1/inspect?psf=box:3", b"", 422, "psf"),
        ("/v1/sharpen", b"", 404, "no such thing"),
        ("/healthz", b"", 405, "method"),
    ],
)
def test_refusals(server, path, body, status, word):
    answer = server.post(path, body)
    assert answer.status_code == status, answer.text
    assert word in problem(answer)["detail"]
    assert HEADERS.items() <= dict(answer.headers).items()


def test_a_truncated_photo_is_refused(server, small):
    data = jpeg(small)
    assert problem(server.post("/v1/restore", data[: len(data) // 2]))["status"] == 422


def test_a_body_without_a_length_is_bounded_too(server):
    chunks = (bytes(100_000) for _ in range(50))
    # it may close the door while we still talk
    with contextlib.suppress(httpx.TransportError):
        assert problem(server.post("/v1/restore", chunks))["status"] == 413
    assert server.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    ("files", "data", "status"),
    [
        ({"photo": b"x"}, {}, 422),
        ({"image": b"x", "psf": b"x"}, {}, 422),
        ({"image": b"x"}, {"colour": "red"}, 422),
        ({"psf": b"x"}, {}, 422),
        ({"image": b"x"}, {"strength": "1" * 5000}, 400),
    ],
)
def test_forms_that_are_refused(server, files, data, status):
    assert problem(server.send("/v1/restore", files, data))["status"] == status


def test_a_broken_form_is_refused(server):
    kind = "multipart/form-data; boundary=x"
    answer = server.post("/v1/restore", b"--y\r\nnonsense", **{"content-type": kind})
    assert problem(answer)["status"] in (400, 422)


def test_nothing_is_written_down(server, small):
    server.send("/v1/restore?strength=0.123", {"image": png(small)})
    server.get("/holiday-in-the-path")
    log = server.log.read_text()
    assert "POST /v1/restore 200" in log
    assert "holiday" not in log
    assert "0.123" not in log
    assert not list(server.scratch.iterdir())


def test_figures(server, small):
    server.post("/v1/inspect", png(small))
    text = server.get("/metrics").text
    assert 'unblur_requests_total{route="/v1/inspect",status="200"}' in text
    assert "unblur_workers_busy 0.0" in text


def test_the_openapi_document_tells_of_every_route(server):
    paths = server.get("/openapi.json").json()["paths"]
    assert {"/v1/restore", "/v1/inspect", "/v1/models", "/healthz", "/readyz"} <= set(paths)
    restore = paths["/v1/restore"]["post"]
    assert {"413", "415", "422", "429"} <= set(restore["responses"])
    assert {p["name"] for p in restore["parameters"]} >= {"strength", "psf", "format", "strip"}
    for path in ("/", "/docs", "/assets/app.js"):
        answer = server.get(path)
        assert answer.status_code == 200
        again = server.get(path, **{"if-none-match": answer.headers["etag"]})
        assert again.status_code == 304
