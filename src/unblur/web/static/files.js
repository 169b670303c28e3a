// How photographs come in: chosen, dropped, pasted, or the example.

/** add(files) is called with what came; find looks up an element by its id. */
export function listenForFiles(find, add) {
  const input = find("files");
  for (const id of ["choose", "add"]) find(id).onclick = () => input.click();
  input.onchange = () => {
    add([...input.files]);
    input.value = "";
  };
  find("example").onclick = async () => {
    const blob = await (await fetch("/assets/example.jpg")).blob();
    add([new File([blob], "example.jpg", { type: "image/jpeg" })]);
  };
  addEventListener("paste", (event) => add([...event.clipboardData.files]));
  addEventListener("dragover", (event) => {
    event.preventDefault();
    document.body.classList.toggle("over", event.dataTransfer.types.includes("Files"));
  });
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) document.body.classList.remove("over");
  });
  addEventListener("drop", (event) => {
    event.preventDefault();
    document.body.classList.remove("over");
    add([...event.dataTransfer.files]);
  });
}
