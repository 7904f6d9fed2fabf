/** The reference bank of the extension, in a tab of its own. */

import "../page/trust.js";

import { h } from "../ui/dom.js";
import { choose, speak, t } from "../ui/i18n.js";
import { createLibrary } from "../ui/library.js";
import { theme, wear } from "../ui/theme.js";
import { ask } from "./bank.js";
import { uiLanguage } from "./chrome.js";

wear(theme());
await speak(choose([uiLanguage()]));
const place = h("main", null);
document.body.replaceChildren(place);
document.title = `${t("library.title")} · Telltale`;
createLibrary(place, { ask });
