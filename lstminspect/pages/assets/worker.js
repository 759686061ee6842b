// The worker: Python is started once, and answers a question at a time.
// A worker of a page from a disk can be no module, and Pyodide asks by this name whether it is one.
self.importScripts = undefined;

let ask = null;

const tell = (stage) => postMessage({ stage });
const moduleOf = (text) => import(URL.createObjectURL(new Blob([text], { type: "text/javascript" })));

async function begin({ loader, glue, wasm, library, engine, lock }) {
  const started = performance.now();
  // Pyodide fetches its files; they are here, and no request leaves.
  const files = { "pyodide.asm.wasm": [wasm, "application/wasm"], "python_stdlib.zip": [library, "application/zip"] };
  self.fetch = async (address) => {
    const [content, type] = files[String(address).split("/").pop()];
    return new Response(content, { headers: { "content-type": type } });
  };
  const { loadPyodide } = await moduleOf(loader);
  const createPyodideModule = (await moduleOf(glue)).default;
  tell("python");
  const place = "page:///";
  const python = await loadPyodide({ indexURL: place, packageBaseUrl: place, createPyodideModule, lockFileContents: lock });
  tell("engine");
  for (const [path, text] of Object.entries(engine)) {
    const full = `/engine/${path}`;
    python.FS.mkdirTree(full.slice(0, full.lastIndexOf("/")));
    python.FS.writeFile(full, text);
  }
  ask = python.runPython(`
import json, sys
sys.dont_write_bytecode = True
sys.path.insert(0, "/engine")
from lstminspect.pages.answering import answer
lambda text: json.dumps(answer(json.loads(text)))
`);
  postMessage({ ready: performance.now() - started });
}

self.onmessage = async ({ data }) => {
  try {
    if (data.parts) await begin(data.parts);
    else postMessage({ number: data.number, answer: JSON.parse(ask(JSON.stringify(data.question))) });
  } catch (error) {
    // An exception of Python's ends the answer alone; anything else may have ended Python.
    const fault = String((error && error.message) || error).trim().split("\n").pop();
    postMessage({ number: data.number, fault, ends: !error || error.name !== "PythonError" });
  }
};
