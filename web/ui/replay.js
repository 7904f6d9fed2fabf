/** A record that is repeated: what it waits for, how far it is, and what agrees. */

import { h } from "./dom.js";
import { integer, percent, t } from "./i18n.js";
import { icon } from "./icons.js";
import { recordText, nameFor, saveText } from "./save.js";
import { foreign, said, visible } from "./text.js";

/** @typedef {import("../page/replays.js").Replayed} Replayed */
/** @typedef {import("../engine/client.js").Row} Row */

/**
 * @param {Replayed} item
 * @param {{give: (file: File) => void, remove: () => void}} can
 */
export function drawReplay(item, { give, remove }) {
  const { name, sha256, made, state, result, why } = item;
  const label = t("replay.remove");
  const element = h(
    "section",
    { class: "replay", "aria-label": t("replay.title"), "data-state": state },
    h(
      "header",
      null,
      h("h2", null, t("replay.title"), ": ", foreign(name)),
      h("button", { type: "button", class: "icon-button", title: label, "aria-label": label, onclick: remove }, icon("cross")),
    ),
    h("p", { class: "soft" }, visible(made), " · SHA-256 ", h("code", null, `${sha256.slice(0, 16)}…`)),
  );
  if (state === "waiting") {
    const input = h("input", {
      type: "file", hidden: true, "aria-label": t("replay.pick"),
      onchange: () => input.files?.[0] && give(input.files[0]),
    });
    const pick = h("button", { type: "button", class: "primary", onclick: () => input.click() }, icon("file"), t("replay.pick"));
    element.append(h("p", null, t("replay.waiting")), pick, input);
  } else if (state === "running") {
    element.append(
      h("p", { role: "status" }, t("replay.running"), " ", h("span", { class: "share" }, percent(item.fraction))),
      h("progress", { max: 1, value: item.fraction, "aria-label": t("replay.running") }),
    );
  } else if (state === "failed") {
    const words = why === "other_file" ? h("span", null, t("replay.other_file")) : said("span", why);
    element.append(h("p", { class: "label", role: "alert" }, icon("warning"), t("replay.failed"), " ", words));
  } else if (result) element.append(...outcome(result, name));
  return element;
}

/**
 * @param {HTMLElement} element made by `drawReplay`
 * @param {Replayed} item that is running
 */
export function moveReplay(element, item) {
  const bar = element.querySelector("progress");
  const share = element.querySelector(".share");
  if (bar) bar.value = item.fraction;
  if (share) share.textContent = percent(item.fraction);
}

/**
 * @param {import("../engine/client.js").Compared} result
 * @param {string} name
 */
function outcome(result, name) {
  const { rows, circumstances } = result;
  const of = (/** @type {Row["state"]} */ state) => rows.filter((row) => row.state === state);
  const [agree, differ, rest] = [of("agrees"), of("differs"), of("not compared")];
  const counts = t("replay.counts", {
    agrees: integer(agree.length), differs: integer(differ.length), rest: integer(rest.length),
  });
  const save = () => saveText(recordText(result), "application/json", nameFor(name, ".replay.json"));
  return [
    h(
      "p",
      { class: "replay-verdict", role: "status" },
      icon(result.agrees ? "check" : "warning"),
      h("strong", null, t(result.agrees ? "replay.agrees" : "replay.differs")),
      " ",
      counts,
    ),
    h("p", { class: "soft" }, t("replay.tolerances")),
    differ.length ? table(differ, t("replay.differing")) : null,
    circumstances.length ? table(circumstances, t("replay.circumstances")) : null,
    folded(t("replay.rest"), rest),
    folded(t("replay.agreeing"), agree),
    h("button", { type: "button", onclick: save }, icon("save"), t("replay.save")),
  ].filter((part) => part !== null);
}

/** @param {string} title @param {Row[]} rows */
function folded(title, rows) {
  if (!rows.length) return null;
  const element = h("details", null, h("summary", null, `${title} (${integer(rows.length)})`));
  // hundreds of rows are made only for whoever wants to see them
  element.addEventListener("toggle", () => element.append(table(rows, title)), { once: true });
  return element;
}

/** @param {Row[]} rows @param {string} caption */
function table(rows, caption) {
  const head = ["replay.field", "replay.recorded", "replay.repeated"].map((key) =>
    h("th", { scope: "col" }, t(/** @type {import("./i18n.js").Key} */ (key))),
  );
  return h(
    "div",
    { class: "replay-rows", tabIndex: 0, role: "region", "aria-label": caption },
    h(
      "table",
      null,
      h("caption", null, caption),
      h("thead", null, h("tr", null, head)),
      h("tbody", null, rows.map(row)),
    ),
  );
}

/** @param {Row} row */
function row({ field, recorded, repeated, detail }) {
  return h(
    "tr",
    null,
    h("th", { scope: "row" }, visible(field), detail ? said("div", detail, { class: "soft" }) : null),
    h("td", null, foreign(recorded)),
    h("td", null, foreign(repeated)),
  );
}
