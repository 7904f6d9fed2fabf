/** The service worker: routes what the person asks for. It computes nothing and may stop any time. */

import * as check from "../acquire/validate.js";
import { acquire, choose, chosen, closed, originalWithPermission, recover, unchoose } from "./acquire.js";
import * as door from "./chrome.js";
import * as jobs from "./jobs.js";

const MENUS = /** @type {const} */ ({ image: "examine-image", video: "examine-video", region: "examine-region" });

door.listen({
  menu(click, tab) {
    // first of all: the browser lets a panel open only in direct answer to the click
    void door.openPanel(tab.windowId);
    return fromMenu(click, tab);
  },
  action(tab) {
    void door.openPanel(tab.windowId);
    return choose(sourceOf(tab, 0, ""));
  },
  closed,
  message: (value, frame) => (frame ? fromPage(value, frame.tabId) : fromPanel(value)),
});

/**
 * @param {door.MenuClick} click
 * @param {door.Tab} clicked
 */
async function fromMenu(click, clicked) {
  // a tab that stays closed to extensions hides its address; the click tells it
  const tab = { ...clicked, url: clicked.url ?? click.pageUrl };
  if (click.menuItemId === MENUS.region) return choose(sourceOf(tab, 0, ""));
  const kind = click.menuItemId === MENUS.video ? "video" : "image";
  const src = check.isAddress(click.srcUrl) ? click.srcUrl : "";
  const source = sourceOf(tab, click.frameId ?? 0, src);
  const job = await jobs.add({ kind, source, wanted: { kind, src } });
  return acquire(job.id);
}

/**
 * The only words a page's frame may say; its isolated world is ours, the answer still is checked.
 *
 * @param {unknown} value
 * @param {number} tabId
 */
async function fromPage(value, tabId) {
  const answer = check.picked(value);
  if (answer) await chosen(answer, tabId);
  return null;
}

/** @param {any} value */
async function fromPanel(value) {
  if (value?.type === "hello") await recover();
  else if (value?.type === "choose") {
    const tab = await door.activeTab();
    if (tab) return choose(sourceOf(tab, 0, ""));
  } else if (value?.type === "original" && check.isId(value.id)) {
    return originalWithPermission(value.id);
  } else if (value?.type === "unpick" && check.isId(value.id)) {
    await unchoose(value.id);
  }
  return null;
}

/**
 * @param {door.Tab} tab
 * @param {number} frameId
 * @param {string} url
 * @returns {jobs.Source}
 */
function sourceOf(tab, frameId, url) {
  const { id = -1, windowId } = tab;
  return { page: tab.url ?? "", title: tab.title ?? "", url, tabId: id, frameId, windowId };
}

door.setMenus([
  { id: MENUS.image, title: door.message("menu_image"), contexts: ["image"] },
  { id: MENUS.video, title: door.message("menu_video"), contexts: ["video"] },
  { id: MENUS.region, title: door.message("menu_region"), contexts: ["page", "frame", "image", "video"] },
]);
void recover();
