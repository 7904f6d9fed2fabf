// Given the same scores, the verdict's numbers agree to 1e-6 in Pyodide and in CPython.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { loadPyodide } from "pyodide";
import { PYTHON, ROOT as root } from "../../buildtools/browser.mjs";

const TOLERANCE = 1e-6;

/** Run by either Python: every stored calibration and every fusion over a grid of scores. */
const SCRIPT = `
import json
from telltale.evidence.calibration import Conditions
from telltale.evidence.fusion import fuse, stored_weights
from telltale.evidence.questions import QUESTIONS
from telltale.evidence.weigh import Weighed, stored

def told():
    out = {}
    for question in QUESTIONS:
        weights = stored_weights().get(question.id)
        calibrations = {d: c for d in question.all_detectors if (c := stored(d)) is not None}
        if weights is None:
            continue
        for k in range(60):
            rows = []
            for n, (name, c) in enumerate(sorted(calibrations.items())):
                low, high = c.score_range
                score = low + (high - low) * ((7 * k + 13 * n) % 61) / 60
                at = Conditions(c.log2_pixels_range[0] + (k % 5) * 0.4, 40.0 + k)
                llr, error = c.llr(score, at), c.standard_error(score, at)
                out[f"{name} {k}"] = [llr, error]
                if (k + n) % 4:
                    rows.append(Weighed(name, llr, error))
            answer = fuse(question, rows, weights, spread=(k % 3) * 0.1)
            out[f"{question.id} {k}"] = [answer.llr, *(answer.interval or ()), answer.strength,
                answer.side, answer.abstention, *(c.value for c in answer.contributions)]
    return json.dumps(out)
`;

test("calibrations and fusion give the same numbers in both runtimes", async () => {
  const pyodide = await loadPyodide({ indexURL: join(root, "node_modules/pyodide/") });
  const lock = JSON.parse(await readFile(join(root, "web/wheels/pyodide-lock.json"), "utf8"));
  for (const name of ["numpy", "pillow"]) {
    const wheel = await readFile(join(root, "web/wheels", lock.packages[name].file_name));
    pyodide.unpackArchive(new Uint8Array(wheel), "wheel");
  }
  pyodide.FS.mkdirTree("/py");
  pyodide.mountNodeFS("/py", join(root, "py"));
  pyodide.runPython(`import sys; sys.dont_write_bytecode = True; sys.path.insert(0, "/py")`);
  pyodide.runPython(SCRIPT);
  const there = JSON.parse(pyodide.runPython("told()"));

  const folder = await mkdtemp(join(tmpdir(), "verdict-"));
  try {
    const script = join(folder, "script.py");
    await writeFile(script, `${SCRIPT}\nprint(told())\n`);
    const env = { ...process.env, PYTHONPATH: join(root, "py"), PYTHONDONTWRITEBYTECODE: "1" };
    const here = JSON.parse(execFileSync(PYTHON, [script], { encoding: "utf8", env }));
    assert.deepEqual(Object.keys(there), Object.keys(here));
    assert.ok(Object.keys(here).length > 300);
    for (const [name, values] of Object.entries(here)) {
      assert.equal(there[name].length, values.length, name);
      values.forEach((/** @type {unknown} */ value, /** @type {number} */ k) => {
        const other = there[name][k];
        if (typeof value === "number") assert.ok(Math.abs(value - other) <= TOLERANCE, `${name}: ${value} ${other}`);
        else assert.equal(other, value, name);
      });
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});
