/** Nothing leaves the device, and how anyone can check that. */

import { fill, h } from "../ui/dom.js";
import { count, t } from "../ui/i18n.js";
import { icon } from "../ui/icons.js";

/** A host that cannot exist (RFC 6761), so that even an unguarded page would reach nobody. */
const NOWHERE = "telltale-test.invalid";

/** Each way out: its address, and how a page would take it. */
const WAYS = /** @type {{[way: string]: [string, (address: string) => unknown]}} */ ({
  fetch: [`https://${NOWHERE}/fetch`, (address) => fetch(address, { mode: "no-cors" })],
  beacon: [`https://${NOWHERE}/beacon`, (address) => navigator.sendBeacon(address, "test")],
  websocket: [`wss://${NOWHERE}/socket`, (address) => new WebSocket(address)],
  image: [`https://${NOWHERE}/image.png`, (address) => (new Image().src = address)],
});

export function proof() {
  const seen = h("p", { class: "soft" });
  const results = h("ul", { class: "attempts", "aria-live": "polite" });
  const policy =
    document.querySelector("meta[http-equiv='Content-Security-Policy']")?.getAttribute("content") ?? "";
  const element = h(
    "details",
    { class: "proof", ontoggle: () => tally(seen) },
    h("summary", null, icon("lock"), t("proof.title")),
    h(
      "div",
      { class: "proof-body" },
      h("p", null, t("proof.how")),
      h("ol", null, [t("proof.offline"), t("proof.network"), t("proof.read")].map((step) => h("li", null, step))),
      h(
        "p",
        null,
        h("button", { type: "button", onclick: () => attempt(results) }, t("proof.try")),
        " ",
        t("proof.try_more"),
      ),
      results,
      seen,
      h("p", null, t("proof.policy")),
      h("ul", { class: "policy mono" }, policy.split(";").map((rule) => h("li", null, rule.trim()))),
    ),
  );
  return element;
}

/**
 * Try to send something out, every way there is, and show that each was refused.
 *
 * @param {HTMLElement} list
 */
async function attempt(list) {
  /** @type {Map<string, string>} */
  const refused = new Map();
  const note = (/** @type {SecurityPolicyViolationEvent} */ event) => {
    refused.set(event.blockedURI, event.effectiveDirective);
  };
  document.addEventListener("securitypolicyviolation", note);
  for (const [address, take] of Object.values(WAYS)) {
    try {
      await take(address);
    } catch {
      // a refusal may also throw; the policy's own report counts
    }
  }
  await new Promise((resolve) => setTimeout(resolve, 300));
  document.removeEventListener("securitypolicyviolation", note);
  fill(
    list,
    Object.entries(WAYS).map(([way, [address]]) => {
      const rule = refused.get(address);
      return rule
        ? h("li", { "data-refused": "true" }, icon("check"), t("proof.refused", { way, rule }))
        : h("li", { "data-refused": "false" }, icon("warning"), t("proof.unclear", { way }));
    }),
  );
}

/**
 * Count the requests of this page by where they went.
 *
 * @param {HTMLElement} line
 */
function tally(line) {
  const all = performance.getEntriesByType("resource").map((entry) => entry.name);
  const outside = all.filter((name) => !name.startsWith("blob:") && new URL(name).origin !== location.origin);
  line.textContent = `${count("proof.requests", all.length)} ${count("proof.outside", outside.length)}`;
}
