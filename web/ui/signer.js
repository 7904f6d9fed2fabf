/** The key pair that signs packs: made in this browser, and its private half never leaves it. */

const DATABASE = "telltale-signer";
const STORE = "keys";
const KIND = { name: "ECDSA", namedCurve: "P-256" };

/** Whether this address has what signing takes. */
export function canSign() {
  return Boolean(globalThis.crypto?.subtle && globalThis.indexedDB);
}

/**
 * Sign with this browser's key, which is made at the first time.
 *
 * @param {Uint8Array} message
 * @returns {Promise<{public_key: string, signature: string}>} base64: 65 bytes (SEC 1), 64 bytes
 */
export async function sign(message) {
  const { publicKey, privateKey } = await pair();
  const raw = await crypto.subtle.exportKey("raw", publicKey);
  const how = { name: "ECDSA", hash: "SHA-256" };
  const value = await crypto.subtle.sign(how, privateKey, /** @type {BufferSource} */ (message));
  return { public_key: base64(raw), signature: base64(value) };
}

/** @returns {Promise<CryptoKeyPair>} */
async function pair() {
  const database = await open();
  try {
    const kept = await settled(database.transaction(STORE).objectStore(STORE).get("pair"));
    if (kept) return kept;
    // the private key cannot be read out, not even by this page
    const made = await crypto.subtle.generateKey(KIND, false, ["sign"]);
    await settled(database.transaction(STORE, "readwrite").objectStore(STORE).put(made, "pair"));
    return made;
  } finally {
    database.close();
  }
}

/** @returns {Promise<IDBDatabase>} */
function open() {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return settled(request);
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** @param {ArrayBuffer} bytes */
function base64(bytes) {
  return btoa(String.fromCharCode(...new Uint8Array(bytes)));
}

/** A fingerprint in groups, to be read aloud. @param {string} fingerprint */
export function grouped(fingerprint) {
  return (fingerprint.slice(0, 32).match(/.{4}/g) ?? []).join(" ");
}
