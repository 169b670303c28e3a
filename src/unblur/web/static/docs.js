// The OpenAPI document, to be read by people.

function element(name, text, ...children) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  made.append(...children);
  return made;
}

/** A paragraph in which `words` are code. */
function paragraph(text) {
  const parts = text.replaceAll("\n", " ").split("`");
  return element("p", "", ...parts.map((part, index) => (index % 2 ? element("code", part) : part)));
}

function table(titles, rows) {
  const head = element("tr", "", ...titles.map((title) => element("th", title)));
  const body = rows.map((cells) => element("tr", "", ...cells.map((cell) => element("td", cell))));
  return element("table", "", element("thead", "", head), element("tbody", "", ...body));
}

function article(path, method, operation) {
  const parts = [
    element("h2", `${method.toUpperCase()} ${path}`),
    ...operation.description.split("\n\n").map(paragraph),
  ];
  const parameters = operation.parameters ?? [];
  if (parameters.length) {
    const rows = parameters.map((p) => [p.name, p.in, p.description ?? p.schema.description ?? ""]);
    parts.push(element("h3", "Parameters"), table(["name", "in", "meaning"], rows));
  }
  const form = operation.requestBody?.content["multipart/form-data"]?.schema.properties;
  if (form) {
    parts.push(element("p", `Body: the file itself, or a form with ${Object.keys(form).join(", ")}.`));
  }
  return element("article", "", ...parts);
}

for (const id of ["origin", "origin-2"]) document.getElementById(id).textContent = location.origin;
const document_ = await (await fetch("/openapi.json")).json();
const articles = Object.entries(document_.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => article(path, method, operation)),
);
const { responses } = document_.paths["/v1/restore"].post;
const answers = Object.entries(responses).map(([status, answer]) => [status, answer.description]);
const meanings = element("article", "", element("h2", "Answers"), table(["status", "meaning"], answers));
document.getElementById("operations").replaceChildren(...articles, meanings);
