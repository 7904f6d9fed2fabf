/**
 * The service worker: keeps the whole page for use offline, and gives every answer the headers
 * that a plain static server does not send.
 *
 * - Cross-origin isolation, so that WebAssembly threads work.
 * - The security policy, because a worker obeys its own script's headers and not the page's <meta>.
 *
 * `build.js` (written by the build) holds the build's hash and the SHA-256 of every file. A new
 * build changes it, so the browser installs a new worker; the cache is keyed by the hash, and a
 * file enters it only if its own hash is right.
 */

/** @typedef {{build: string, files: {[path: string]: string}}} Build */
/** @typedef {Event & {waitUntil(promise: Promise<unknown>): void}} Extendable */
/** @typedef {Extendable & {request: Request, respondWith(response: Promise<Response>): void}} Asking */
/** @typedef {Extendable & {data: {type: string}, source: {postMessage(data: unknown): void}}} Told */

const worker = /** @type {any} */ (self);
worker.importScripts("build.js");
const BUILD = /** @type {Build} */ (worker.TELLTALE_BUILD);
const PREFIX = "telltale-page-";
const CACHE = PREFIX + BUILD.build;
const ROOT = new URL("./", worker.location.href);

const HEADERS = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; media-src blob:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
};

/** The lab's document alone: its frame inherits what is said here and tightens it (lab/room.js). */
const LAB_POLICY =
  "default-src 'none'; script-src 'self' data: blob: 'unsafe-eval' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self' data: blob:; worker-src data:; frame-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

/** Types that some static servers get wrong, and without which nothing runs. */
const TYPES = /** @type {{[ending: string]: string}} */ ({
  js: "text/javascript",
  mjs: "text/javascript",
  wasm: "application/wasm",
  css: "text/css",
  json: "application/json",
  svg: "image/svg+xml",
  webmanifest: "application/manifest+json",
});

// without a running page of an older build there is nothing to wait for
worker.addEventListener("activate", (/** @type {Extendable} */ event) => {
  event.waitUntil(worker.clients.claim());
});

worker.addEventListener("fetch", (/** @type {Asking} */ event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== ROOT.origin) return;
  event.respondWith(answer(event.request, pathOf(url)));
});

worker.addEventListener("message", (/** @type {Told} */ event) => {
  if (event.data?.type === "take-over") worker.skipWaiting();
  if (event.data?.type === "keep") event.waitUntil(keep((told) => event.source.postMessage(told)));
});

/** @param {URL} url */
function pathOf(url) {
  const path = url.pathname.slice(ROOT.pathname.length);
  return path === "" || path.endsWith("/") ? `${path}index.html` : path;
}

/**
 * @param {Request} request
 * @param {string} path
 * @returns {Promise<Response>}
 */
async function answer(request, path) {
  const kept = await (await caches.open(CACHE)).match(new URL(path, ROOT));
  if (kept) return kept;
  try {
    return dressed(await fetch(request), path);
  } catch (error) {
    // offline before this build was complete: the one before may still be whole
    const older = await caches.match(new URL(path, ROOT));
    if (older) return older;
    throw error;
  }
}

/**
 * Keep every file of the build, telling how far it is.
 *
 * @param {(told: {type: "kept", done: number, total: number, failed: number}) => void} tell
 */
async function keep(tell) {
  const cache = await caches.open(CACHE);
  const paths = [...Object.keys(BUILD.files), "build.js"];
  let done = 0;
  let failed = 0;
  for (const path of paths) {
    if (await keepOne(cache, path)) done++;
    else failed++;
    tell({ type: "kept", done, total: paths.length, failed });
  }
  if (failed) return;
  for (const name of await caches.keys()) {
    if (name.startsWith(PREFIX) && name !== CACHE) await caches.delete(name);
  }
}

/**
 * @param {Cache} cache
 * @param {string} path
 * @returns {Promise<boolean>} whether the file is in the cache
 */
async function keepOne(cache, path) {
  const url = new URL(path, ROOT);
  if (await cache.match(url)) return true;
  try {
    const response = await fetch(url, { cache: "no-cache" });
    if (!response.ok) return false;
    const body = await response.arrayBuffer();
    const wanted = BUILD.files[path];
    if (wanted && (await sha256(body)) !== wanted) return false;
    await cache.put(url, dressed(new Response(body, { headers: response.headers }), path));
    return true;
  } catch {
    return false; // the network went, or the disk is full: what is missing is asked for next time
  }
}

/**
 * The same answer with our headers.
 *
 * @param {Response} response
 * @param {string} path
 */
function dressed(response, path) {
  if (response.type === "opaque" || response.status === 0) return response;
  const headers = new Headers(response.headers);
  // the body was decoded on its way here
  headers.delete("Content-Encoding");
  headers.delete("Content-Length");
  const type = TYPES[path.slice(path.lastIndexOf(".") + 1)];
  if (type && response.ok) headers.set("Content-Type", type);
  for (const [name, value] of Object.entries(HEADERS)) headers.set(name, value);
  if (path === "lab/index.html") headers.set("Content-Security-Policy", LAB_POLICY);
  const { status, statusText } = response;
  const empty = [101, 204, 205, 304].includes(status);
  return new Response(empty ? null : response.body, { status, statusText, headers });
}

/** @param {ArrayBuffer} data */
async function sha256(data) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", data));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
