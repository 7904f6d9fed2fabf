/** The lab's pictures and videos: given here, or copied from a page of Telltale that is open beside it. */

import { h } from "../ui/dom.js";
import { number } from "../ui/i18n.js";
import { icon } from "../ui/icons.js";
import { visible } from "../ui/text.js";
import { t } from "./words.js";

/**
 * @typedef {object} Taken
 * @property {string} name
 * @property {[width: number, height: number]} size
 * @property {number} faces of a video, those that were followed
 * @property {{frames: number, seconds: number}} [film] how many frames of a video are kept
 */

/**
 * @param {{take: (files: File[], faces: boolean) => void, choose: (name: string) => void, signal: AbortSignal}} does
 */
export function createPictures({ take, choose, signal }) {
  /** @type {Map<string, Taken>} */
  const taken = new Map();
  let current = "";
  const input = h("input", { type: "file", multiple: true, accept: "image/*,video/*,.mkv", hidden: true, onchange: picked });
  const faces = h("input", { type: "checkbox", checked: true });
  const list = h("ul", { class: "taken" });
  const elsewhere = h("div", { class: "elsewhere", hidden: true });
  // pages of Telltale answer on this channel; the lab's inside has another origin and never hears it
  const channel = new BroadcastChannel("telltale.lab");
  channel.onmessage = ({ data }) => {
    if (Array.isArray(data?.files)) offer(data.files.filter((/** @type {unknown} */ one) => one instanceof File));
  };
  channel.postMessage("which");
  signal.addEventListener("abort", () => channel.close());

  function picked() {
    take([...(input.files ?? [])], faces.checked);
    input.value = "";
  }

  /** @param {File[]} files */
  function offer(files) {
    elsewhere.hidden = !files.length;
    elsewhere.replaceChildren(
      h("h3", null, t("pictures.elsewhere")),
      ...files.map((file) =>
        h(
          "button",
          { type: "button", class: "small", onclick: () => take([file], faces.checked) },
          icon("add"),
          t("pictures.take", { name: visible(file.name) }),
        ),
      ),
    );
  }

  function draw() {
    list.replaceChildren(
      ...[...taken.values()].map((one) =>
        h(
          "li",
          null,
          h(
            "button",
            {
              type: "button",
              class: "small",
              "aria-pressed": String(one.name === current),
              "aria-label": t("pictures.choose", { name: visible(one.name) }),
              onclick: () => choose(one.name),
            },
            visible(one.name),
          ),
          h("span", { class: "soft" }, sized(one)),
        ),
      ),
    );
    none.hidden = taken.size > 0;
  }

  /** @param {Taken} one */
  function sized({ size: [width, height], faces, film }) {
    if (!film) return t("pictures.size", { width, height, faces });
    return t("pictures.film", { width, height, faces, frames: film.frames, seconds: number(film.seconds) });
  }

  const none = h("p", { class: "soft" }, t("pictures.none"));
  return {
    /** @param {Taken} one */
    taken(one) {
      taken.set(one.name, one);
      current = one.name;
      draw();
    },
    /** @param {string} name */
    chosen(name) {
      current = name;
      draw();
    },
    forget() {
      taken.clear();
      draw();
    },
    /** Whether faces are looked for. */
    get faces() {
      return faces.checked;
    },
    element: h(
      "section",
      { class: "pictures", "aria-labelledby": "pictures-title" },
      h(
        "header",
        null,
        h("h2", { id: "pictures-title" }, t("pictures")),
        h("label", null, faces, " ", t("pictures.faces")),
        h("button", { type: "button", onclick: () => input.click() }, icon("add"), t("pictures.add")),
      ),
      input,
      none,
      list,
      elsewhere,
    ),
  };
}
