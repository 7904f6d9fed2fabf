/** Isolation, offline copy and updates, through the service worker. */

const TRIED = "telltale.isolated";
const TAKEN = "telltale.taken-over";
const PATIENCE_MS = 5000;

/** Whether an earlier visit's service worker brought this page: only then can one be newer. */
const returning = Boolean(navigator.serviceWorker?.controller);

/** @typedef {{done: number, total: number, failed: number}} Kept */

/** The service worker's registration, or null where there can be none. */
export const registered = register();

/**
 * Make the page cross-origin isolated where the server did not, and let a newer build take over.
 * Either takes one reload, which is tried once; this resolves when no reload will follow.
 */
export async function settle() {
  const known = await patient(navigator.serviceWorker?.getRegistration() ?? Promise.resolve(null));
  // each kind of reload happens once and then not on the next start: there can be no loop
  if (sessionStorage.getItem(TAKEN)) sessionStorage.removeItem(TAKEN);
  else if (known?.waiting && returning) await takeOver(known);
  if (crossOriginIsolated) sessionStorage.removeItem(TRIED);
  if (crossOriginIsolated || sessionStorage.getItem(TRIED)) return;
  if (!(await patient(registered)) || !(await patient(controlled()))) return;
  sessionStorage.setItem(TRIED, "yes");
  await reload();
}

/**
 * Keep the whole page for use offline.
 *
 * @param {ServiceWorkerRegistration} registration
 * @param {(kept: Kept) => void} tell
 */
export async function keepOffline(registration, tell) {
  navigator.serviceWorker.addEventListener("message", ({ data }) => {
    if (data?.type === "kept") tell(data);
  });
  navigator.serviceWorker.startMessages();
  const { active } = await navigator.serviceWorker.ready;
  (registration.active ?? active)?.postMessage({ type: "keep" });
}

/**
 * Tell when a newer build waits.
 *
 * @param {ServiceWorkerRegistration} registration
 * @param {() => void} tell
 */
export function onUpdate(registration, tell) {
  registration.addEventListener("updatefound", () => {
    const next = registration.installing;
    next?.addEventListener("statechange", () => {
      if (next.state === "installed" && returning) tell();
    });
  });
}

/**
 * Let the newer build take over, and show it.
 *
 * @param {ServiceWorkerRegistration} registration
 * @returns {Promise<never>}
 */
export async function takeOver(registration) {
  const changed = new Promise((resolve) =>
    navigator.serviceWorker.addEventListener("controllerchange", resolve, { once: true }),
  );
  sessionStorage.setItem(TAKEN, "yes");
  registration.waiting?.postMessage({ type: "take-over" });
  await patient(changed);
  return reload();
}

/** @returns {Promise<ServiceWorkerRegistration | null>} */
async function register() {
  try {
    const address = new URL("../sw.js", import.meta.url).href;
    return (await navigator.serviceWorker?.register(address, { updateViaCache: "none" })) ?? null;
  } catch (error) {
    console.warn("no offline copy:", error);
    return null;
  }
}

/** Resolves when the service worker answers for this page. */
async function controlled() {
  if (navigator.serviceWorker.controller) return true;
  await new Promise((resolve) =>
    navigator.serviceWorker.addEventListener("controllerchange", resolve, { once: true }),
  );
  return true;
}

/** @returns {Promise<never>} */
function reload() {
  location.reload();
  return new Promise(() => {});
}

/**
 * @template T
 * @param {Promise<T>} promise
 * @returns {Promise<T | null>} null when it takes too long
 */
function patient(promise) {
  return Promise.race([
    promise,
    new Promise((/** @type {(value: null) => void} */ resolve) =>
      setTimeout(() => resolve(null), PATIENCE_MS),
    ),
  ]);
}
