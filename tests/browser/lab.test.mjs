// The lab in real Chromium: a detector from template to file, runs that are stopped, and code that
// tries to get out.

import assert from "node:assert/strict";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";

import { PAGE, browse, newProfile, outsider, python, recordRequests, serve } from "./harness.mjs";
import { openPage, picture, saved } from "./page-harness.mjs";

let folder;
let server;
let profile;
let browser;
let requests;
let outside;
let address;
let tab;
/** Requests that reached the other origin. */
let calls;
/** The folder of videos. */
let films;

before(async () => {
  outside = await outsider();
  ({ address, calls } = outside);
  folder = await mkdtemp(path.join(tmpdir(), "telltale-lab-"));
  await cp(PAGE, path.join(folder, "page"), { recursive: true });
  server = await serve(path.join(folder, "page"), { plain: true });
  profile = await newProfile();
  browser = await browse({ profile });
  requests = recordRequests(browser.context);
  // an ordinary server: the page's own service worker has to give the lab its policy
  const page = await openPage(browser.context, server.url);
  await page.getByText("Works offline", { exact: true }).waitFor();
  await page.close();
  tab = await openLab();
});

after(async () => {
  await browser?.close();
  server?.close();
  outside?.close();
  for (const one of [folder, profile]) {
    if (one) await rm(one, { recursive: true, force: true, maxRetries: 5 });
  }
});

async function openLab() {
  const opened = await browser.context.newPage();
  opened.problems = [];
  opened.on("pageerror", (error) => opened.problems.push(error.message));
  opened.on("dialog", (dialog) => dialog.accept());
  await opened.goto(`${server.url}lab/`);
  await ready(opened);
  return opened;
}

function ready(lab) {
  return lab.locator(".engine[data-state=ready]").waitFor();
}

/** Type into the terminal and wait until it has run; what it wrote since. */
async function run(lab, code) {
  // while it works, it takes nothing
  await ready(lab);
  const before = (await lab.locator(".output").innerText()).length;
  const input = lab.getByRole("textbox", { name: "Python to run" });
  await input.fill(code);
  await input.press("Enter");
  await lab.locator(".engine[data-state=working]").or(lab.locator(".engine[data-state=ready]")).waitFor();
  await ready(lab);
  return (await lab.locator(".output").innerText()).slice(before);
}

const editor = (lab) => lab.getByRole("textbox", { name: "Source of the detector, Python" });
const source = (lab) => lab.evaluate(() => window.telltaleLab.source);

test("the lab has a policy of its own, and the page's is as narrow as before", async () => {
  const policies = await tab.evaluate(async () =>
    Promise.all(
      ["./", "../", "../engine/worker.js"].map(async (where) =>
        (await fetch(where)).headers.get("content-security-policy"),
      ),
    ),
  );
  assert.match(policies[0], /'unsafe-eval'/);
  for (const policy of policies.slice(1)) {
    assert.doesNotMatch(policy, /'unsafe-eval'(?<!wasm-unsafe-eval')|script-src[^;]*(data|blob):/);
    assert.match(policy, /script-src 'self' 'wasm-unsafe-eval';/);
  }
  for (const policy of policies) assert.doesNotMatch(policy, /https?:|\*/);
});

test("a picture is given, the template edited, run, plotted, saved, reloaded", async () => {
  await tab.locator(".pictures input[type=file]").setInputFiles(await picture("face.jpg"));
  await tab.getByRole("button", { name: "Choose face.jpg" }).waitFor();
  assert.match(await tab.locator(".taken").innerText(), /faces: 1/);

  // edited by keyboard: the first line of the docstring
  await editor(tab).click();
  await tab.keyboard.press("Control+Home");
  await tab.keyboard.press("End");
  // in one piece: letters typed faster than a busy editor reads them change places
  await tab.keyboard.insertText(" Changed here.");
  await tab.getByRole("button", { name: "Try it" }).click();
  const map = tab.locator(".output figure img").last();
  await map.waitFor();
  assert.equal(await map.getAttribute("alt"), "noise. Estimated noise.");
  assert.ok(await map.evaluate((img) => img.decode().then(() => img.naturalWidth > 100)));
  await ready(tab);

  const plots = await tab.locator(".output figure").count();
  const said = await run(tab, 'print("sum", 6 * 7); show.plot(scene.luma.mean(axis=1), title="Rows")');
  assert.match(said, /sum 42/);
  assert.equal(await tab.locator(".output figure").count(), plots + 1);
  const plot = tab.locator(".output figure img").last();
  assert.ok(await plot.evaluate((img) => img.decode().then(() => img.naturalWidth === 520)));

  await tab.getByRole("textbox", { name: "File name" }).fill("my_detector.py");
  const file = await saved(tab, () => tab.getByRole("button", { name: "Save", exact: true }).click());
  assert.equal(file.name, "my_detector.py");
  assert.match(file.text, /^"""Block noise: is one part of the picture noisier than the rest\? Changed here\./);
  await writeFile(path.join(folder, file.name), file.text);

  await tab.getByRole("button", { name: "Template", exact: true }).click();
  assert.doesNotMatch(await source(tab), /Changed here/);
  await tab.locator(".editor input[accept='.py']").setInputFiles(path.join(folder, file.name));
  await tab.waitForFunction(() => document.querySelector("#editor").shadowRoot.textContent.includes("Changed here"));
  assert.equal(await source(tab), file.text);
});

test("the saved file runs on CPython, in the same words", async () => {
  const said = await python(
    "-m", "telltale.cli", "lab", "check", path.join(folder, "my_detector.py"), "--megapixels", "0.3",
  );
  assert.match(String(said), /\+ form: .*\n {2}\+ purity/);
});

test("faces, landmarks, shipped detectors and networks are Python objects", async () => {
  const said = await run(
    tab,
    "face = scene.faces[0]; found = run('face_manipulation', scene)\n" +
      "print(face.landmarks.shape, face.mesh.shape, len(detectors) > 20, found.status, round(found.score.value, 4))\n" +
      "print(models.used()[0]['self_test_error'] < 1e-3, telltale.__version__)",
  );
  assert.match(said, /\(68, 2\) \(468, 3\) True ok -?\d+\.\d+/);
  assert.match(said, /True \d/);
});

test("an error names the line of one's own code and costs nothing", async () => {
  const said = await run(tab, "kept = 5\n1 / 0");
  assert.match(said, /line 2[\s\S]*ZeroDivisionError/);
  assert.match(await run(tab, "kept"), /5/);
  await run(tab, "raise SystemExit");
  assert.match(await run(tab, "kept + 1"), /6/);
});

test("the checks tell what is wrong with a detector", async () => {
  const good = await source(tab);
  await tab.getByRole("button", { name: "Check", exact: true }).click();
  await tab.getByText("No check failed").waitFor();
  assert.equal(await tab.locator(".check[data-outcome=passed]").count() >= 6, true);
  const bad = path.join(folder, "bad/my_detector.py");
  await mkdir(path.dirname(bad), { recursive: true });
  await writeFile(bad, good.replace("import numpy as np\n", "import socket\n\nimport numpy as np\n"));
  await tab.locator(".editor input[accept='.py']").setInputFiles(bad);
  await tab.waitForFunction(() => document.querySelector("#editor").shadowRoot.textContent.includes("import socket"));
  await tab.getByRole("button", { name: "Check", exact: true }).click();
  await tab.getByText("A check failed").waitFor();
  assert.match(await tab.locator(".check[data-outcome=failed]").innerText(), /purity: failed\. .*imports socket/);
  await tab.getByRole("button", { name: "Template", exact: true }).click();
});

test("over a folder: distribution, ROC, leaks and worst errors, as on the command line", async () => {
  const pictures = path.join(folder, "pictures");
  await python("-c", MAKE_FOLDER, pictures);
  await tab.getByRole("checkbox", { name: "Look for faces" }).uncheck();
  const plots = await tab.locator(".output figure").count();
  await tab.locator(".editor input[webkitdirectory]").setInputFiles(pictures);
  await tab.locator(".worst").waitFor();
  await ready(tab);
  const said = await tab.locator(".output").innerText();
  assert.match(said, /scored: 4 real, 4 fake/);
  assert.match(said, /no score: 1 \(image_too_small\)/);
  assert.match(said, /Only 4 independent real pictures/);
  assert.equal(await tab.locator(".output figure img[alt^=ROC]").count(), 1);
  assert.ok((await tab.locator(".output figure").count()) >= plots + 2);
  assert.match(await tab.locator(".worst").innerText(), /real\/0\.png: real/);
  const table = await saved(tab, () => tab.getByRole("button", { name: "Save the table" }).click());
  const native = await python(
    "-c", SAME_SCORES, path.join(folder, "my_detector.py"), pictures,
  );
  const scores = (text) => text.trim().split("\n").slice(1).map((line) => line.split(",").slice(0, 2).join());
  assert.deepEqual(scores(table.text), scores(String(native)));
});

/** Reals and fakes of which the fakes have a noisier area; one too small. */
const MAKE_FOLDER = `
import sys; from pathlib import Path; import numpy as np; from PIL import Image
from telltale.lab.awkward import photograph
out = Path(sys.argv[1])
for k in range(4):
    for label in ("real", "fake"):
        pixels = photograph(288, 320, seed=k + 10 * (label == "fake")).astype(float)
        if label == "fake": pixels[64:160, 64:192] += np.random.default_rng(k).normal(0, 25, (96, 128, 3))
        (out / label).mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(out / label / f"{k}.png")
Image.fromarray(photograph(64, 64)).save(out / "real/small.png")
`;
const SAME_SCORES = `
import sys; from pathlib import Path
from telltale.lab import evaluate, folders, loading
from telltale.runtime.context import Context
folder = Path(sys.argv[2]); detector = loading.load_file(Path(sys.argv[1])).module
read = lambda name: (folder / name).read_bytes()
print(evaluate.to_csv(evaluate.run(folders.read(folder), read, detector, Context())))
`;

/** A face that sways, a film whose frame rate varies, one that no Chromium decodes, a broken one. */
const MAKE_FILMS = `
import sys; from pathlib import Path; sys.path[:0] = ["tests/py"]
import video_factory as factory
out = Path(sys.argv[1]); out.mkdir(parents=True)
sway = factory.encode(out / "sway.mp4", factory.moving(50, 288, 288)).read_bytes()
factory.encode(out / "varying.mkv", factory.moving(6), times=[0.0, 0.04, 0.5, 0.54, 1.9, 2.5])
factory.encode(out / "hevc.mp4", factory.moving(5), codec="libx265", crf=30)
(out / "broken.mp4").write_bytes(sway[: sway.rfind(b"moov") - 4])
long = (frame[:48, :64].copy() for _ in range(40) for frame in factory.moving(50))
factory.encode(out / "long.mp4", long, fps=5, options={"preset": "ultrafast"})
from PIL import Image; pictures = [Image.fromarray(frame) for frame in factory.moving(4)]
pictures[0].save(out / "sway.webp", save_all=True, append_images=pictures[1:], duration=70, loop=0)
`;
/** What CPython says of the same file, by the same words. */
const SAME_FILM = `
import json, sys; from pathlib import Path
from telltale.lab import bench, loading
film = bench.open_film(sys.argv[1], bench.native_models())
own = loading.load_file(Path(sys.argv[2]))
print(json.dumps({"times": film.times.tolist(), "track": film.tracks[0].landmarks.mean(axis=(1, 2)).tolist(),
    "at": film.tracks[0].times.tolist(), "score": bench.run(own, film).score.value}))
`;

test("a video is given: frames with their own times and faces through time are arrays, as on CPython", async () => {
  films = path.join(folder, "films");
  await python("-c", MAKE_FILMS, films);
  await tab.getByRole("checkbox", { name: "Look for faces" }).check();
  // what is given while something is taken has its turn
  for (const name of ["varying.mkv", "sway.mp4"]) {
    await tab.locator(".pictures input[type=file]").setInputFiles(path.join(films, name));
  }
  await tab.getByRole("button", { name: "Choose varying.mkv" }).waitFor();
  await tab.getByRole("button", { name: "Choose sway.mp4" }).waitFor();
  assert.match(await tab.locator(".taken li", { hasText: "sway.mp4" }).innerText(), /288 × 288, 2 s, frames kept: \d+, faces followed: 1/);
  await ready(tab);
  const said = await run(
    tab,
    "track = scene.tracks[0]\n" +
      "print(media.pixels.shape, [m.media.pixels.shape for m in scene.frames][-1], track.landmarks.shape[1:], track.patches.shape[1:])\n" +
      "print([round(float(t), 3) for t in scenes['varying.mkv'].times], scene.clip.meta.codec, scene.clip.size_bytes, len(scene.clip.sha256))",
  );
  assert.match(said, /\(288, 288, 3\) \(288, 288, 3\) \(68, 2\) \(96, 96, 3\)/);
  assert.match(said, /\[0\.0, 0\.5, 1\.9, 2\.5\] h264 \d+ 64/);

  await tab.getByRole("button", { name: "Template for videos" }).click();
  await tab.getByRole("button", { name: "Try it" }).click();
  await tab.locator(".output").getByText("thousandths of its width").waitFor();
  await ready(tab);
  const shake = path.join(folder, "shake/my_detector.py");
  await mkdir(path.dirname(shake));
  await writeFile(shake, await source(tab));
  const native = JSON.parse(await python("-c", SAME_FILM, path.join(films, "sway.mp4"), shake));
  const here = await run(
    tab,
    "import json\nprint('RESULT' + json.dumps({'times': scene.times.tolist(), 'at': track.times.tolist(), " +
      "'track': track.landmarks.mean(axis=(1, 2)).tolist(), 'score': finding.score.value, 'mark': finding.unreviewed, 'llr': finding.llr}) + 'END')",
  );
  const web = JSON.parse(/RESULT(\{[\s\S]*\})END/.exec(here)[1]);
  const near = (a, b, within) => {
    assert.equal(a.length, b.length);
    for (const [k, value] of a.entries()) assert.ok(Math.abs(value - b[k]) <= within, `${value} ${b[k]}`);
  };
  near(web.times, native.times, 1e-3);
  near(web.at, native.at, 1e-3);
  // two decoders and two colour conversions: a tenth of a pixel
  near(web.track, native.track, 0.1);
  near([web.score], [native.score], 0.5);
  assert.deepEqual([web.mark, web.llr], [true, null]);

  // a detector of pictures is asked about every frame: its answers over time, and the worst frame
  await tab.getByRole("button", { name: "Template", exact: true }).click();
  const plots = await tab.locator(".output figure img[alt^=plot]").count();
  await tab.getByRole("button", { name: "Try it" }).click();
  await tab.locator(".output").getByText("frames_scored").waitFor();
  await ready(tab);
  assert.equal(await tab.locator(".output figure img[alt^=plot]").count(), plots + 1);
  await tab.getByRole("button", { name: "Choose varying.mkv" }).click();
  assert.match(await run(tab, "scene.clip.name"), /varying\.mkv/);
});

test("what the browser cannot decode is refused by name, and a long video is held in bounds or stopped", async () => {
  const input = tab.locator(".pictures input[type=file]");
  await input.setInputFiles(["hevc.mp4", "broken.mp4", "sway.webp"].map((name) => path.join(films, name)));
  await tab.locator(".output").getByText("hevc.mp4: This browser has no decoder for HEVC (H.265) video").waitFor();
  await tab.locator(".output").getByText("broken.mp4: The video's container cannot be read").waitFor();
  await tab.getByRole("button", { name: "Choose sway.webp" }).waitFor();
  await ready(tab);
  assert.match(await run(tab, "len(scene.frames), scene.clip.meta.container"), /'WebP'/);

  await tab.getByRole("checkbox", { name: "Look for faces" }).uncheck();
  await input.setInputFiles(path.join(films, "long.mp4"));
  await tab.getByRole("button", { name: "Choose long.mp4" }).waitFor();
  await ready(tab);
  const kept = await run(tab, "print('kept', len(scene.frames), scene.clip.meta.duration_s, scene.times[-1] > 200)");
  assert.match(kept, /kept (?:[5-9]|1\d|2[0-4]) 400 True/);

  // the first press ends it after the frame in hand, and what was read stays
  await tab.getByRole("checkbox", { name: "Look for faces" }).check();
  await input.setInputFiles({ name: "again.mp4", mimeType: "video/mp4", buffer: await readFile(path.join(films, "sway.mp4")) });
  await tab.locator(".progress-words", { hasText: "again.mp4" }).waitFor();
  await tab.getByRole("button", { name: "Stop", exact: true }).click();
  await tab.getByRole("button", { name: "Choose again.mp4" }).waitFor();
  await ready(tab);
  assert.match(await run(tab, "scene.clip.name, 'track' in globals()"), /'again\.mp4', True/);
  assert.deepEqual(tab.problems, []);
});

test("a network of one's own goes through the form, and its self-test is recorded", async () => {
  const onnx = path.join(folder, "net.onnx");
  await python("-c", "import sys; sys.path[:0] = ['tests/py', 'tests/py/lab']; import test_custom as t; open(sys.argv[1], 'wb').write(t.mean_of_red())", onnx);
  await tab.getByText("A network of your own (ONNX)").click();
  const form = tab.locator(".network form");
  await form.getByLabel("Network (ONNX file)").setInputFiles(onnx);
  const values = {
    Id: "redness_net", Title: "Redness", "Question it answers": "Is it red?", "How it works": "One weight.",
    "Limits, one a line": "Knows only red.", "Authors of the paper": "A. Nobody", "Title of the paper": "Made up",
    "Where it was published": "Tests", "Its address (https)": "https://example.org/", "Name of the input": "image",
    "Name of the output": "score", "Mean of red, green and blue": "0 0 0", "Their scale": "1 1 1",
  };
  for (const [label, value] of Object.entries(values)) await form.getByLabel(label, { exact: true }).fill(value);
  await form.getByLabel("Year").fill("2025");
  await form.getByLabel("Side of the input in pixels").fill("64");
  await form.getByLabel("Applied to the output").selectOption("none");
  await form.getByRole("button", { name: "Make the detector" }).click();
  // the form says 64 pixels a side, the network takes 32
  await tab.locator(".network .said", { hasText: "does not run on this input" }).waitFor();
  await form.getByLabel("Side of the input in pixels").fill("32");
  await form.getByRole("button", { name: "Make the detector" }).click();
  await tab.locator(".network .said", { hasText: "the self-test is recorded" }).waitFor();
  const recorded = await saved(tab, () => tab.getByRole("button", { name: "Save the form" }).click());
  const { sha256, self_test } = JSON.parse(recorded.text);
  assert.equal(sha256.length, 64);
  assert.equal(self_test.outputs.score.values.length, 1);
  await tab.getByRole("button", { name: "Try it" }).click();
  await tab.locator(".output").getByText("The network answers").waitFor();
  await tab.getByRole("button", { name: "Template", exact: true }).click();
});

/** Ways out of the worker, as JavaScript that Python may run; each gives "out" where it got through. */
const WAYS = (address) => `async () => {
  const socket = ${JSON.stringify(address.replace("http", "ws"))};
  const address = ${JSON.stringify(address)};
  const heard = (target) => new Promise((resolve, reject) => {
    target.onopen = target.onload = target.onmessage = resolve;
    target.onerror = () => reject(new Error("refused"));
  });
  const ways = {
    fetch: () => fetch(address + "fetch"),
    "no-cors": () => fetch(address + "no-cors", { mode: "no-cors", method: "POST", body: "x" }),
    own: () => fetch(${JSON.stringify("OWN")}),
    import: () => import(address + "import.js"),
    XMLHttpRequest: () => { const r = new XMLHttpRequest(); r.open("GET", address + "xhr"); const h = heard(r); r.send(); return h; },
    WebSocket: () => heard(new WebSocket(socket + "ws")),
    EventSource: () => heard(new EventSource(address + "es")),
    WebTransport: () => new WebTransport(address.replace("http:", "https:")).ready,
    RTCPeerConnection: () => new RTCPeerConnection({ iceServers: [{ urls: "stun:127.0.0.1:9" }] }),
    "a worker's fetch": () => {
      const inner = new Worker("data:text/javascript,fetch('" + address + "nested').then(() => postMessage(1), () => postMessage(0))");
      return new Promise((resolve, reject) => {
        inner.onmessage = ({ data }) => (data ? resolve() : reject(new Error("refused")));
        inner.onerror = () => reject(new Error("refused"));
      });
    },
    directory: () => navigator.storage.getDirectory(),
    caches: () => caches.open("x"),
    indexedDB: () => new Promise((resolve, reject) => {
      const real = Object.getOwnPropertyDescriptor(WorkerGlobalScope.prototype, "indexedDB") ?? Object.getOwnPropertyDescriptor(Object.getPrototypeOf(self), "indexedDB");
      const request = IDBFactory.prototype.open.call(real.get.call(self), "bank");
      request.onsuccess = resolve;
      request.onerror = () => reject(request.error);
    }),
    document: () => document.title,
    window: () => window.parent.document,
    localStorage: () => localStorage.length,
  };
  const told = {};
  for (const [name, way] of Object.entries(ways)) {
    told[name] = await Promise.race([
      (async () => way())().then(() => "out", (error) => error.name),
      new Promise((resolve) => setTimeout(resolve, 4000, "silence")),
    ]);
  }
  return JSON.stringify({ origin: self.origin, told });
}`;

test("code that tries the network, the storage and the page is refused", async () => {
  const code = WAYS(address).replace('"OWN"', JSON.stringify(`${server.url}build.js`));
  const said = await run(
    tab,
    "from pyodide.code import run_js\nfrom pyodide.ffi import run_sync\n" +
      `print("RESULT" + run_sync(run_js(${JSON.stringify(`(${code})()`)})) + "END")`,
  );
  const { origin, told } = JSON.parse(/RESULT(\{[\s\S]*\})END/.exec(said.replaceAll("\n", ""))[1]);
  assert.equal(origin, "null");
  assert.deepEqual(Object.entries(told).filter(([, how]) => how === "out"), []);
  assert.ok(Object.keys(told).length > 12);
  assert.deepEqual(calls, []);
});

test("PyScript's own ways from a worker into its page are fenced off", async () => {
  const hack = "data:text/javascript,globalThis.hacked = true";
  await run(
    tab,
    "from polyscript import xworker\nimport js\n" +
      "print('window', xworker.window)\n" +
      `for call in (lambda: xworker.sync.importJS(${JSON.stringify(hack)}), lambda: xworker.sync.storeFSHandler('x')):\n` +
      "    try: call()\n    except Exception as error: print(type(error).__name__)\n" +
      "js.self.postMessage({'lab': 'text', 'text': 'x' * 10})\n" +
      // what PyScript's page takes for a call of its `document`
      "js.self.postMessage(js.JSON.parse('[\"1\", \"M\", [1, \"document\"]]'))",
  );
  assert.match(await run(tab, "print('still', 'here')"), /still here/);
  const frames = tab.frames().filter((frame) => frame !== tab.mainFrame());
  assert.equal(frames.length, 1);
  assert.equal(await frames[0].evaluate(() => globalThis.hacked), undefined);
  assert.equal(await frames[0].evaluate(() => origin), "null");
  assert.equal(await tab.evaluate(() => globalThis.hacked), undefined);
  assert.equal(await tab.title(), "Telltale lab");
});

test("messages that are no messages break nothing, and an answer that is none is said", async () => {
  await run(
    tab,
    "import js, json\nfrom pyscript import sync\n" +
      "odd = ['', 'no json', '[]', 'null', '3', '{}', '{\"name\": 1}', '{\"name\": \"form\", \"outcome\": \"passed\", \"words\": {\"en\": 7}}', '{\"name\": \"form\", \"outcome\": \"passed\", \"words\": {\"en\": null}}', '[' * 200000]\n" +
      "for kind in ('check', 'png', 'svg', 'text', 'nonsense', ''):\n" +
      "    for text in odd: js.self.postMessage(js.JSON.parse(json.dumps({'lab': kind, 'text': text, 'data': 'no bytes'})))\n" +
      "for data in ('[]', '3', 'null', '{\"lab\": 3}', '{\"lab\": \"check\"}', '{\"lab\": \"png\", \"text\": {}, \"data\": [1]}'): js.self.postMessage(js.JSON.parse(data))\n" +
      "kept = {name: getattr(__import__('telltale.lab.room').lab.room, name) for name in ('kind', 'take', 'check_text', 'try_text', 'score')}\n" +
      "for name in kept: setattr(sync, name, lambda *given, name=name: {'kind': '{\"kind\": \"picture\"}', 'take': '{\"name\": \"x\", \"size\": null}', 'check_text': 'null', 'try_text': '{\"refused\": {\"es\": \"no\"}}', 'score': '[]'}[name])",
  );
  const refusals = tab.locator(".output").getByText("What came back is no answer");
  const plain = await picture("plain.jpg");
  const one = path.join(folder, "one");
  await mkdir(one);
  await cp(plain, path.join(one, "plain.jpg"));
  for (const ask of [
    () => tab.getByRole("button", { name: "Check", exact: true }).click(),
    () => tab.getByRole("button", { name: "Try it" }).click(),
    () => tab.locator(".pictures input[type=file]").setInputFiles(plain),
    () => tab.locator(".editor input[webkitdirectory]").setInputFiles(one),
  ]) {
    await tab.getByRole("button", { name: "Clear" }).click();
    await ask();
    await refusals.first().waitFor();
    await ready(tab);
  }
  assert.match(await run(tab, "for name, one in kept.items(): setattr(sync, name, one)\nprint('mended')"), /mended/);
  await tab.locator(".pictures input[type=file]").setInputFiles(plain);
  await tab.getByRole("button", { name: "Choose plain.jpg" }).waitFor();
  assert.deepEqual(tab.problems, []);
});

test("even the frame's own document gets nowhere but into itself", async () => {
  const [frame] = tab.frames().filter((one) => one !== tab.mainFrame());
  const told = await frame.evaluate(async (address) => {
    const ways = {
      fetch: () => fetch(address),
      storage: () => localStorage.length,
      directory: () => navigator.storage.getDirectory(),
      parent: () => parent.document.title,
      top: () => (top.location.href = address),
      window: () => open(address) ?? Promise.reject(new Error("no window")),
    };
    const told = {};
    for (const [name, way] of Object.entries(ways)) {
      told[name] = await (async () => way())().then(() => "out", (error) => error.name);
    }
    location.href = `${address}navigated`;
    return told;
  }, address);
  assert.deepEqual(Object.values(told).filter((how) => how === "out"), []);
  assert.deepEqual(calls, []);
});

test("an endless loop is stopped; the page goes on, the editor keeps its text, Python starts anew", async () => {
  await tab.close();
  tab = await openLab();
  await editor(tab).click();
  await tab.keyboard.press("Control+Home");
  await tab.keyboard.insertText("# mine");
  await tab.keyboard.press("Enter");
  const input = tab.getByRole("textbox", { name: "Python to run" });
  await input.fill("lost = 1\nwhile True: pass");
  await input.press("Enter");
  await tab.locator(".engine[data-state=working]").waitFor();
  // the page answers while Python does not
  assert.equal(await tab.evaluate(() => 1 + 1), 2);
  await tab.getByRole("button", { name: "Stop", exact: true }).click();
  await tab.getByText("Stopped. Python starts anew").waitFor();
  await ready(tab);
  assert.match(await run(tab, "'lost' in globals()"), /False/);
  assert.match(await source(tab), /^# mine/);
  assert.equal(await tab.locator("iframe").count(), 1);
});

test("the finding of an added detector is marked on the page", async () => {
  await tab.locator(".pictures input[type=file]").setInputFiles(await picture("plain.jpg"));
  await tab.getByRole("button", { name: "Choose plain.jpg" }).waitFor();
  const { finding } = await tab.evaluate(async () => {
    const text = await (await fetch("template.py")).text();
    return window.telltaleLab.room.call("try_text", text, "my_detector.py");
  });
  assert.equal(finding.unreviewed, true);
  assert.equal(finding.llr, null);
  const page = await openPage(browser.context, server.url);
  const shown = await page.evaluate(async (finding) => {
    const { createFindings } = await import("/ui/findings.js");
    const { Overlay } = await import("/ui/overlay.js");
    const root = document.createElement("section");
    const scene = { overlay: new Overlay(), faces: [], signal: new AbortController().signal };
    const findings = createFindings(root, scene);
    findings.add(finding);
    findings.add({ ...finding, detector: "x", status: "not_applicable", reason: "no_face", score: null });
    document.querySelector("main").append(root);
    return root.innerText;
  }, finding);
  assert.equal(shown.match(/Unreviewed/g).length, 1 + 0, shown);
  await page.close();
});

test("pictures of a page that is open beside it are offered, and taken by copy", async () => {
  const page = await openPage(browser.context, server.url);
  await page.setInputFiles("input[type=file]", await picture("face.jpg"));
  await tab.getByRole("button", { name: "Copy face.jpg into the lab" }).click();
  await tab.getByRole("button", { name: "Choose face.jpg" }).waitFor();
  await ready(tab);
  assert.match(await run(tab, "scene.media.name"), /face\.jpg/);
  await page.close();
});

test("everything is reached by keyboard, has a name, and is there in Spanish", async () => {
  const nameless = await tab.evaluate(() => {
    const named = (e) =>
      e.textContent.trim() || e.getAttribute("aria-label") || e.labels?.length || e.getAttribute("title");
    return [...document.querySelectorAll("button, a, select, input:not([hidden]), textarea")]
      .filter((e) => e.checkVisibility() && !named(e))
      .map((e) => e.outerHTML);
  });
  assert.deepEqual(nameless, []);
  // the skip link leads into the editor, and Tab leads out of it again
  await tab.locator("body").press("Home");
  await tab.evaluate(() => document.querySelector(".skip").focus());
  await tab.keyboard.press("Enter");
  const inside = () => tab.evaluate(() => document.activeElement?.id === "editor");
  assert.equal(await inside(), true);
  await tab.keyboard.press("Tab");
  assert.equal(await inside(), false);
  await tab.getByRole("log", { name: "Output" }).waitFor();
  assert.equal(await tab.getByRole("status").count() >= 2, true);
  await tab.getByLabel("Language").selectOption("es");
  await tab.getByRole("heading", { name: "Laboratorio de Telltale" }).waitFor();
  await tab.getByRole("textbox", { name: "Código del detector, Python" }).waitFor();
  await tab.getByRole("button", { name: "Comprobar" }).click();
  await tab.getByText("pureza: superada. No busca nada más allá de las matrices que recibe.").waitFor();
  await tab.getByText(/tiempo: \p{L}/u).waitFor();
  assert.match(await source(tab), /^# mine/);
  const english = JSON.parse(await readFile(path.join(PAGE, "lab/locales/en.json"), "utf-8"));
  const spanish = JSON.parse(await readFile(path.join(PAGE, "lab/locales/es.json"), "utf-8"));
  const places = (text) => (text.match(/\{\w+\}/g) ?? []).sort().join();
  assert.deepEqual(Object.keys(english), Object.keys(spanish));
  for (const [key, text] of Object.entries(english)) assert.equal(places(spanish[key]), places(text), key);
  await tab.getByLabel("Idioma").selectOption("en");
});

test("without a network it works as before, and nothing was ever asked of another host", async () => {
  server.close();
  await browser.context.setOffline(true);
  await tab.goto(`${server.url}lab/`);
  await ready(tab);
  assert.match(await run(tab, "run(detectors['noise_level'], __import__('telltale.lab.awkward').lab.awkward.ordinary()).status"), /ok/);
  const foreign = requests.filter((url) => !url.startsWith(server.url) && !/^(data|blob|about):/.test(url));
  assert.deepEqual(foreign.filter((url) => !url.startsWith(address)), []);
  assert.deepEqual(calls, []);
  assert.deepEqual(tab.problems, []);
});
