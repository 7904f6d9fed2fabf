/** The frames of a video as a row of stills; choosing one shows its report. */

import { h } from "../ui/dom.js";
import { named, number } from "../ui/i18n.js";
import { message } from "./chrome.js";
import * as jobs from "./jobs.js";

/**
 * @param {HTMLElement} root
 * @param {jobs.Job} job
 * @param {number} chosen
 * @param {(index: number) => void} choose
 */
export function drawFrames(root, job, chosen, choose) {
  if (root.dataset.job !== job.id) {
    root.dataset.job = job.id;
    root.replaceChildren(h("ol", { class: "frames", "aria-label": message("frames") }));
  }
  const list = /** @type {HTMLElement} */ (root.firstElementChild);
  for (const [index, item] of job.items.entries()) {
    const entry = /** @type {HTMLElement | undefined} */ (list.children[index]) ?? frame(job.id, index, choose);
    if (!entry.isConnected) list.append(entry);
    const button = /** @type {HTMLElement} */ (entry.firstElementChild);
    button.dataset.state = item.state;
    button.title = named("state", item.state === "queued" ? "waiting" : item.state);
    if (index === chosen) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
    const time = button.querySelector(".frame-time");
    if (time) time.textContent = item.time === null ? `${index + 1}` : `${number(Math.round(item.time * 100) / 100)} s`;
  }
}

/**
 * @param {string} id
 * @param {number} index
 * @param {(index: number) => void} choose
 */
function frame(id, index, choose) {
  const image = h("img", { alt: "" });
  void jobs.bytes(id, index).then((bytes) => {
    if (!bytes) return;
    image.src = URL.createObjectURL(new Blob([bytes]));
    image.addEventListener("load", () => URL.revokeObjectURL(image.src), { once: true });
  });
  return h("li", null, h("button", { type: "button", class: "frame", onclick: () => choose(index) }, image, h("span", { class: "frame-time" })));
}
