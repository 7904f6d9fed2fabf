/** The one Trusted Types policy: scripts and workers come from this origin, markup never. */

const types = /** @type {any} */ (globalThis).trustedTypes;

types?.createPolicy("default", {
  /** @param {string} address */
  createScriptURL(address) {
    const url = new URL(address, location.href);
    if (url.origin !== location.origin) throw new TypeError(`not a script of this page: ${url}`);
    return url.href;
  },
});
