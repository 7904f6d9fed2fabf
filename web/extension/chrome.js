/** The one door to `chrome.*`: what the rest of the extension may ask of the browser. */

import { dataUrlBytes } from "../acquire/crop.js";

/** @typedef {chrome.contextMenus.OnClickData} MenuClick */
/** @typedef {chrome.tabs.Tab} Tab */

const OFFSCREEN = "extension/offscreen.html";
/** The one session rule; it exists only while one picture is fetched. */
const RULE = 1;
/** Between two captures of a tab, ms. */
const CAPTURE_PAUSE = 500;

/**
 * @param {string} key of `_locales`
 * @param {...(string | number)} places
 */
export function message(key, ...places) {
  return chrome.i18n.getMessage(key, places.map(String)) || key;
}

export function uiLanguage() {
  return chrome.i18n.getUILanguage();
}

export function version() {
  return chrome.runtime.getManifest().version;
}

/** The keys that stand for the toolbar button, as the person has set them; "" where there are none. */
export async function shortcut() {
  const [command] = await chrome.commands.getAll();
  return command?.shortcut ?? "";
}

/** @param {string} path */
export function address(path) {
  return chrome.runtime.getURL(path);
}

/**
 * Run a self-contained function in one frame of a page and return what it returns, unchecked.
 *
 * @template {any[]} A
 * @param {number} tabId
 * @param {number} frameId
 * @param {(...args: A) => unknown} func
 * @param {A} args
 * @returns {Promise<unknown>}
 */
export async function inject(tabId, frameId, func, args) {
  const results = await chrome.scripting.executeScript({
    target: { tabId, frameIds: [frameId] },
    func: /** @type {(...args: any[]) => any} */ (func),
    args,
  });
  return results[0]?.result;
}

/**
 * PNG of what a window's active tab shows, in device pixels. The browser allows two a second; the
 * third waits.
 *
 * @param {number} windowId
 */
export async function captureVisible(windowId) {
  for (let tries = 3; ; tries--) {
    try {
      return dataUrlBytes(await chrome.tabs.captureVisibleTab(windowId, { format: "png" }));
    } catch (error) {
      if (!tries || !String(error).includes("MAX_CAPTURE_VISIBLE_TAB_CALLS_PER_SECOND")) throw error;
      await new Promise((resolve) => setTimeout(resolve, CAPTURE_PAUSE));
    }
  }
}

/** Whether the person lets the extension into files opened from the disk. @returns {Promise<boolean>} */
export function mayReadFiles() {
  return chrome.extension.isAllowedFileSchemeAccess();
}

/** @param {number} tabId @returns {Promise<Tab | null>} null once it is closed */
export async function tab(tabId) {
  return chrome.tabs.get(tabId).catch(() => null);
}

export async function activeTab() {
  const [active] = await chrome.tabs.query({ active: true, currentWindow: true });
  return active ?? null;
}

/**
 * Open the side panel; must be called while the person's click is being handled.
 *
 * @param {number} windowId
 */
export function openPanel(windowId) {
  // a click that was no gesture (a test's) opens nothing; the analysis goes on without the panel
  return chrome.sidePanel.open({ windowId }).catch(() => undefined);
}

/** @param {string} path of an extension page */
export function openTab(path) {
  return chrome.tabs.create({ url: address(path) });
}

/** A window of its own that fits beside another. @param {string} path of an extension page */
export function openBeside(path) {
  return chrome.windows.create({ url: address(path), type: "popup", width: 560, height: 920 });
}

/** @param {string} text */
export async function badge(text) {
  await chrome.action.setBadgeBackgroundColor({ color: "#1d4ed8" });
  await chrome.action.setBadgeText({ text });
}

/** Make sure that the document that owns the engine exists. */
export async function ensureOffscreen() {
  const contextTypes = [chrome.runtime.ContextType.OFFSCREEN_DOCUMENT];
  if ((await chrome.runtime.getContexts({ contextTypes })).length) return;
  try {
    await chrome.offscreen.createDocument({
      url: OFFSCREEN,
      reasons: [chrome.offscreen.Reason.WORKERS],
      justification: "Examines pictures in a worker, on this device.",
    });
  } catch (error) {
    // another context was quicker; there is one document at a time
    if (!String(error).includes("single offscreen")) throw error;
  }
}

/**
 * While `work` runs, answers from one address carry the header that lets the page's own fetch
 * read them. It needs host permission for that address; the extension's own policy stays closed.
 *
 * @template T
 * @param {string} url
 * @param {number} tabId
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withReadable(url, tabId, work) {
  const rules = chrome.declarativeNetRequest;
  await rules.updateSessionRules({
    removeRuleIds: [RULE],
    addRules: [{
      id: RULE,
      action: {
        type: rules.RuleActionType.MODIFY_HEADERS,
        responseHeaders: [
          { header: "access-control-allow-origin", operation: rules.HeaderOperation.SET, value: "*" },
        ],
      },
      condition: {
        urlFilter: `|${withoutFragment(url)}|`,
        tabIds: [tabId],
        resourceTypes: [rules.ResourceType.XMLHTTPREQUEST],
        requestMethods: [rules.RequestMethod.GET],
      },
    }],
  });
  try {
    return await work();
  } finally {
    await rules.updateSessionRules({ removeRuleIds: [RULE] });
  }
}

/** @param {string} url */
function withoutFragment(url) {
  return url.split("#")[0];
}

/**
 * The match pattern that covers one site, for asking; null where there is none to ask for.
 *
 * @param {string} url
 */
export function sitePattern(url) {
  const { protocol, hostname } = new URL(url);
  return /^https?:$/.test(protocol) ? `${protocol}//${hostname}/*` : null;
}

/** @param {string} pattern */
export function askForSite(pattern) {
  return chrome.permissions.request({ origins: [pattern] });
}

/** @param {string} pattern */
export function hasSite(pattern) {
  return chrome.permissions.contains({ origins: [pattern] });
}

/** Give back every site that was ever granted. */
export async function giveSitesBack() {
  const { origins } = await chrome.permissions.getAll();
  if (origins?.length) await chrome.permissions.remove({ origins });
}

/**
 * Each start of the worker: a private window's worker has menus of its own and no event that tells
 * it to make them.
 *
 * @param {{id: string, title: string, contexts: string[]}[]} items
 */
export function setMenus(items) {
  for (const { id, title, contexts } of items) {
    const rest = { title, contexts: /** @type {any} */ (contexts) };
    chrome.contextMenus.create({ id, ...rest }, () => {
      if (chrome.runtime.lastError) void chrome.contextMenus.update(id, rest);
    });
  }
}

/**
 * Listeners of the service worker; all are registered while its script first runs, as the
 * browser demands of a worker that it may stop and start at any time.
 *
 * @param {object} on
 * @param {(click: MenuClick, tab: Tab) => unknown} on.menu
 * @param {(tab: Tab) => unknown} on.action
 * @param {(tabId: number) => unknown} on.closed
 * @param {(message: unknown, sender: {tabId: number, frameId: number} | null) => unknown} on.message
 *   sender: null for the extension's own pages
 */
export function listen({ menu, action, closed, message: heard }) {
  chrome.contextMenus.onClicked.addListener((click, tab) => void (tab && menu(click, tab)));
  chrome.action.onClicked.addListener((tab) => void action(tab));
  chrome.tabs.onRemoved.addListener((tabId) => void closed(tabId));
  chrome.runtime.onMessage.addListener((value, sender, answer) => {
    if (sender.id !== chrome.runtime.id) return false;
    const own = sender.url?.startsWith(chrome.runtime.getURL(""));
    const frame = own ? null : { tabId: sender.tab?.id ?? -1, frameId: sender.frameId ?? -1 };
    Promise.resolve(heard(value, frame)).then(answer, () => answer(null));
    return true;
  });
}

/**
 * Say something to the service worker, which is started if it is not running.
 *
 * @param {{type: string, [more: string]: unknown}} value
 */
export function tellWorker(value) {
  return chrome.runtime.sendMessage(value).catch(() => null);
}
