// The bank in both runtimes: one file written by each and read by the other, equal hashes.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { loadPyodide } from "pyodide";
import { PYTHON, ROOT as root } from "../../buildtools/browser.mjs";


/** Run by either Python: a bank with real hashes, asked, exported and imported. */
const SCRIPT = `
import json, sys
from pathlib import Path
import numpy as np
from PIL import Image
from bank_factory import sample
from telltale.bank import database, pack, phash, store
from telltale.bank.model import Part
from telltale.bank.search import Searcher

def picture(seed):
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 256, (12, 16, 3), np.uint8))
    return np.asarray(small.resize((640, 480), Image.Resampling.BICUBIC))

def write(path):
    bank = database.open_file(Path(path))
    store.add_many(bank, [sample(n, hashes=phash.hashes(picture(n))) for n in range(5)])
    frame, face = Part("frame", 1.5, 1.5, phash.hashes(picture(7))), Part("face", 0.0, 3.0, None, sample(8).embeddings)
    store.add(bank, sample(6, hashes=None, embeddings=(), parts=(face, frame)))
    store.delete(bank, [3])
    bank.close()

def told(path):
    bank = database.open_file(Path(path), private=True)
    copy = database.open_memory(database.to_bytes(bank))
    answer = Searcher(copy).ask("0" * 64, phash.hashes(picture(4)[10:470, 5:630]), sample(9).embeddings)
    still = Searcher(copy).same_picture(phash.hashes(picture(7)[4:]))
    data = pack.export(copy)
    store.delete(copy, store.ids(copy))
    again = pack.import_pack(copy, data)
    return json.dumps({
        "ids": store.ids(bank),
        "same": [(p.sample, p.distance) for p in answer.same_picture],
        "still": [(p.sample, p.distance, p.sample_s, round(p.llr, 6)) for p in still],
        "nearest": [(i, round(d, 5)) for i, d in answer.neighbours[0].nearest],
        "sentence": answer.neighbours[0].relation.sentence,
        "hashes": [[str(h) for h in store.get(bank, i).sample.hashes] for i in store.ids(bank)[:4]],
        "imported": again.new_samples,
        "pack": again.sha256,
    })
`;

/** @type {any} */
let pyodide;
/** @type {string} */
let folder;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "bank-"));
  pyodide = await loadPyodide({ indexURL: join(root, "node_modules/pyodide/") });
  for (const name of ["numpy", "pillow"]) {
    const lock = JSON.parse(await readFile(join(root, "web/wheels/pyodide-lock.json"), "utf8"));
    const wheel = await readFile(join(root, "web/wheels", lock.packages[name].file_name));
    pyodide.unpackArchive(new Uint8Array(wheel), "wheel");
  }
  for (const [name, path] of [["/py", "py"], ["/tests", "tests/py/bank"]]) {
    pyodide.FS.mkdirTree(name);
    pyodide.mountNodeFS(name, join(root, path));
  }
  pyodide.FS.mkdirTree("/shared");
  pyodide.mountNodeFS("/shared", folder);
  pyodide.runPython(`import sys; sys.dont_write_bytecode = True; sys.path[:0] = ["/py", "/tests"]`);
  pyodide.runPython(SCRIPT);
});

after(() => rm(folder, { recursive: true }));

/** @param {string} call */
async function native(call) {
  const script = join(folder, "script.py");
  await writeFile(script, `${SCRIPT}\nresult = ${call}\nprint(result)\n`);
  const path = ["py", "tests/py/bank"].map((part) => join(root, part)).join(":");
  const options = { encoding: /** @type {const} */ ("utf8"), env: { ...process.env, PYTHONPATH: path, PYTHONDONTWRITEBYTECODE: "1" } };
  return execFileSync(PYTHON, [script], options).trim();
}

test("a bank written natively is read in the browser's Python, to the same answers", async () => {
  await native(`write(${JSON.stringify(join(folder, "native.sqlite"))})`);
  const there = JSON.parse(pyodide.runPython(`told("/shared/native.sqlite")`));
  const here = JSON.parse(await native(`told(${JSON.stringify(join(folder, "native.sqlite"))})`));
  assert.deepEqual(there, here);
  assert.deepEqual(there.ids, [1, 2, 4, 5, 6]);
  assert.equal(there.same[0][0], 5);
  assert.deepEqual([there.still[0][0], there.still[0][2]], [6, 1.5]);
  assert.equal(there.imported, 5);
});

test("and the other way round", async () => {
  pyodide.runPython(`write("/shared/web.sqlite")`);
  const there = JSON.parse(pyodide.runPython(`told("/shared/web.sqlite")`));
  const here = JSON.parse(await native(`told(${JSON.stringify(join(folder, "web.sqlite"))})`));
  assert.deepEqual(here, there);
});
