/** Isolation, offline copy and updates, through the service worker. */

const TRIED = "telltale.isolated";
const TAKEN = "telltale.taken-over";
const PATIENCE_MS = 5000;

/** Whether an earlier visit's service worker brought this page: only then can one be newer. */
const returning = Boolean(navigator.serviceWorker?.controller);

/** @typedef {{done: number, total: number, failed: number}} Kept */

/**
 * Register the service worker and make the page cross-origin isolated where the server did not.
 * That takes one reload, which is tried once per tab; this resolves when no reload will follow.
 *
 * @returns {Promise<ServiceWorkerRegistration | null>}
 */
export async function settle() {
  const registration = await patient(register());
  if (!registration) return null;
  // each kind of reload happens once and then not on the next start: there can be no loop
  if (sessionStorage.getItem(TAKEN)) sessionStorage.removeItem(TAKEN);
  else if (registration.waiting && returning) await takeOver(registration);
  if (crossOriginIsolated) {
    sessionStorage.removeItem(TRIED);
    return registration;
  }
  if (sessionStorage.getItem(TRIED)) return registration;
  if (!(await patient(controlled()))) return registration;
  sessionStorage.setItem(TRIED, "yes");
  return reload();
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
