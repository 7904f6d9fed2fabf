/**
 * Second fence behind the content security policy: the worker asks its own origin only, whatever
 * headers a static server sends. Imported before anything else.
 */

const own = self.location.origin;
const fetchOwn = self.fetch.bind(self);

/** @param {RequestInfo | URL} resource */
function address(resource) {
  return new URL(resource instanceof Request ? resource.url : resource, self.location.href);
}

/** @type {typeof fetch} */
self.fetch = async (resource, options) => {
  const url = address(resource);
  if (url.origin !== own && url.protocol !== "blob:" && url.protocol !== "data:") {
    throw new TypeError(`Refused: ${url.origin} is not this page's origin.`);
  }
  return fetchOwn(resource, options);
};

for (const name of ["XMLHttpRequest", "WebSocket", "WebSocketStream", "EventSource", "WebTransport"]) {
  Object.defineProperty(self, name, { value: undefined, writable: false, configurable: false });
}

export {};
