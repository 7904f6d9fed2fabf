// bank_speed.py's measure in Pyodide; writes one JSON object to stdout.

import { readFile } from "node:fs/promises";
import path from "node:path";

import { loadPyodide } from "pyodide";

import { ROOT } from "./browser.mjs";

const pyodide = await loadPyodide({ indexURL: path.join(ROOT, "node_modules/pyodide/"), stdout: () => {} });
const lock = JSON.parse(await readFile(path.join(ROOT, "web/wheels/pyodide-lock.json"), "utf8"));
for (const name of ["numpy", "pillow"]) {
  const wheel = await readFile(path.join(ROOT, "web/wheels", lock.packages[name].file_name));
  pyodide.unpackArchive(new Uint8Array(wheel), "wheel");
}
for (const folder of ["py", "buildtools"]) {
  pyodide.FS.mkdirTree(`/code/${folder}`);
  pyodide.mountNodeFS(`/code/${folder}`, path.join(ROOT, folder));
}
const measure = `
import json, sys
sys.dont_write_bytecode = True
sys.path[:0] = ["/code", "/code/py"]
from buildtools.bank_speed import measured
json.dumps(measured())
`;
process.stdout.write(pyodide.runPython(measure));
