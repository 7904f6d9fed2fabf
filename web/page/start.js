/** The engine, started before anything is drawn: it takes longest. */

import "./trust.js";

import { Engine } from "../engine/client.js";

/** Tells `state` whenever the engine's state changes. */
export const changes = new EventTarget();

export const engine = new Engine({ onState: () => changes.dispatchEvent(new Event("state")) });

/** Start it; a second call does no harm. */
export function start() {
  engine.start().catch((error) => console.error(error));
}

// otherwise the page is about to reload itself into isolation, see offline.js
if (crossOriginIsolated) start();
