/** The engine, started before anything is drawn: it takes longest. */

import "./trust.js";

import { Engine } from "../engine/client.js";

/** Tells `state` whenever the engine's state changes. */
export const changes = new EventTarget();

export const engine = new Engine({ onState: () => changes.dispatchEvent(new Event("state")) });

/** Why it could not start. */
export let trouble = "";

/** Start it; a second call does no harm. */
export async function start() {
  try {
    await engine.start();
    trouble = "";
  } catch (error) {
    trouble = error instanceof Error ? error.message : String(error);
    changes.dispatchEvent(new Event("state"));
  }
}

// otherwise the page is about to reload itself into isolation, see offline.js
if (crossOriginIsolated) void start();
