// Two local sites for the extension's tests, on two origins: what one does not let the other read
// is what the rungs below the first are for.

import { EventEmitter, once } from "node:events";
import { createServer } from "node:http";

import { python } from "./harness.mjs";

const MAKE = `
import io, sys, numpy as np
from PIL import Image
from skimage import data
face = Image.fromarray(data.astronaut())
def jpeg(image, quality):
    out = io.BytesIO(); image.save(out, "JPEG", quality=quality); return out.getvalue()
rng = np.random.default_rng(5)
noise = np.clip(rng.normal(128, 40, (96, 128, 3)), 0, 255).astype(np.uint8)
made = {"face.jpg": jpeg(face.crop((140, 20, 332, 212)), 92), "large.jpg": jpeg(face.resize((400, 400)), 90),
        "small.jpg": jpeg(face.resize((200, 200)), 90), "noise.jpg": jpeg(Image.fromarray(noise), 90)}
for name, bytes_ in made.items():
    sys.stdout.buffer.write(f"{name} {len(bytes_)}\\n".encode() + bytes_)
`;

/** @returns {Promise<Map<string, Buffer>>} pictures by file name, made anew */
async function pictures() {
  const all = await python("-c", MAKE);
  const found = new Map();
  for (let at = 0; at < all.length; ) {
    const end = all.indexOf(10, at);
    const [name, size] = all.subarray(at, end).toString().split(" ");
    found.set(name, all.subarray(end + 1, end + 1 + Number(size)));
    at = end + 1 + Number(size);
  }
  return found;
}

/** A page whose pictures the tests point at. @param {string} other the other origin */
const page = (other) => `<!doctype html><title>Test site</title>
<style>
  body { margin: 0; background: #fff; font: 14px sans-serif }
  img, canvas, video, .bg, iframe { display: block; margin: 8px; border: 0 }
  #bg { width: 120px; height: 120px; background: no-repeat url("/media/small.jpg") 0 0 / cover }
</style>
<img id="same" src="/media/face.jpg" width="96" height="96">
<img id="foreign" src="${other}/media/noise.jpg?locked" width="128" height="96">
<img id="cors" src="${other}/cors/small.jpg" width="100" height="100">
<picture><source srcset="/media/small.jpg 200w, /media/large.jpg 400w" sizes="120px"><img id="set" src="/media/noise.jpg" width="100"></picture>
<div id="bg"></div>
<canvas id="canvas" width="64" height="48"></canvas>
<div id="shadow"></div>
<iframe id="near" src="/inner" width="160" height="140"></iframe>
<iframe id="far" src="${other}/inner" width="160" height="140"></iframe>
<script>
  const paint = document.getElementById("canvas").getContext("2d");
  for (let x = 0; x < 64; x++) { paint.fillStyle = "rgb(" + x * 4 + "," + (255 - x * 3) + ",90)"; paint.fillRect(x, 0, 1, 48); }
  const root = document.getElementById("shadow").attachShadow({ mode: "closed" });
  root.innerHTML = '<img src="/media/small.jpg?shadow" width="100" height="100">';
</script>`;

/**
 * @typedef {object} Sites
 * @property {string} here origin of the page
 * @property {string} there another origin, which lets nobody read but under /cors/
 * @property {Map<string, Buffer>} pictures
 * @property {Map<string, Buffer>} more served under /media/ too, put there by a test
 * @property {string[]} log what was asked for: origin's name and path
 * @property {(file: string) => void} hold answer requests for a file only when released
 * @property {() => void} release
 * @property {(part: string) => Promise<void>} asked once an address with this part was asked for
 * @property {() => void} close
 */

/** @returns {Promise<Sites>} */
export async function openSites() {
  const made = await pictures();
  /** @type {Map<string, Buffer>} */
  const more = new Map();
  /** @type {string[]} */
  const log = [];
  const origins = { here: "", there: "" };
  let held = "";
  /** @type {(() => void)[]} */
  const waiting = [];
  const heard = new EventEmitter();
  const serve = (/** @type {"here" | "there"} */ name) =>
    createServer(async (request, response) => {
      const url = new URL(request.url ?? "/", "http://x");
      log.push(`${name} ${request.url}`);
      heard.emit("request");
      const file = url.pathname.split("/").pop() ?? "";
      const body = made.get(file) ?? more.get(file);
      if (held && file === held) await new Promise((go) => waiting.push(() => go(0)));
      const pages = /** @type {{[path: string]: string}} */ ({
        "/": page(name === "here" ? origins.there : origins.here),
        "/inner": '<style>body{margin:0}</style><img id="inner" src="/media/small.jpg?inner" width="120" height="120">',
        "/strict": '<!doctype html><meta name="referrer" content="no-referrer"><img src="/referred/noise.jpg" referrerpolicy="unsafe-url" width="128">',
        "/wrapped": `<!doctype html><style>body{margin:0}iframe{margin:30px;border:7px solid;padding:5px}</style><iframe src="/holder" width="300" height="200"></iframe>`,
        "/holder": `<!doctype html><style>body{margin:0}</style><img id="held" src="${name === "here" ? origins.there : origins.here}/media/noise.jpg?held" style="margin:20px;border:3px solid red">`,
        "/empty": "<!doctype html><title>Empty</title><body></body>",
      });
      if (url.pathname in pages) {
        response.writeHead(200, { "content-type": "text/html" }).end(pages[url.pathname]);
      } else if (file === "huge.jpg") {
        response.writeHead(200, { "content-type": "image/jpeg", "content-length": 300_000_000 });
        // the element's own request is let go: a cache waits for it before it asks again
        const element = request.headers["sec-fetch-dest"] === "image";
        response.write(made.get("noise.jpg"), () => element && response.destroy());
      } else if (url.pathname.startsWith("/referred/") && !request.headers.referer) {
        response.writeHead(403).end();
      } else if (url.searchParams.has("player") && request.headers["sec-fetch-dest"] === "empty") {
        // only the player itself gets the film, no script does
        response.writeHead(403).end();
      } else if (url.searchParams.has("huge") && request.headers["sec-fetch-dest"] === "empty") {
        // the player gets the film, a script that asks for the file hears how large it is
        response.writeHead(200, { "content-type": "video/webm", "content-length": 600_000_000 }).write(body);
      } else if (/^\/(media|cors|referred)\//.test(url.pathname) && body) {
        const cache = url.pathname.startsWith("/referred/") ? { "cache-control": "no-store" } : {};
        const allow = url.pathname.startsWith("/cors/") ? { "access-control-allow-origin": "*" } : {};
        const type = file.endsWith("webm") ? "video/webm" : "image/jpeg";
        const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
        const [from, to] = range ? [Number(range[1]), Number(range[2] || body.length - 1)] : [0, body.length - 1];
        const part = range ? { "content-range": `bytes ${from}-${to}/${body.length}` } : {};
        const head = { "content-type": type, "content-length": to - from + 1, "accept-ranges": "bytes", ...cache, ...part, ...allow };
        response.writeHead(range ? 206 : 200, head).end(body.subarray(from, to + 1));
      } else response.writeHead(404).end();
    });
  const servers = [serve("here"), serve("there")];
  await Promise.all(servers.map((server) => new Promise((done) => server.listen(0, "127.0.0.1", () => done(0)))));
  const [here, there] = servers.map((server) => /** @type {any} */ (server.address()).port);
  origins.here = `http://127.0.0.1:${here}`;
  // another host, so that it is another site and not only another port
  origins.there = `http://localhost:${there}`;
  return {
    ...origins, pictures: made, more, log,
    hold: (file) => void (held = file),
    release() {
      held = "";
      for (const go of waiting.splice(0)) go();
    },
    async asked(part) {
      while (!log.some((line) => line.includes(part))) await once(heard, "request");
    },
    close: () => servers.forEach((server) => (server.closeAllConnections(), server.close())),
  };
}
