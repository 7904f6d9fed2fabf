/** Where in a video the person looks: follows and moves a player, or stands alone without one. */

/** Steps in seconds of the keys. */
export const STEP_S = { small: 0.1, large: 1, page: 5 };

/** `change` is dispatched whenever the time, the length or what plays has changed. */
export class Clock extends EventTarget {
  #player;
  #time = 0;
  #length = 0;
  #frame = 0;

  /**
   * @param {HTMLVideoElement | null} player that shows the file, where one can
   * @param {AbortSignal} signal ends the following
   */
  constructor(player, signal) {
    super();
    this.#player = player;
    if (!player) return;
    for (const event of ["play", "pause", "seeked", "seeking", "loadedmetadata", "durationchange", "ended", "error"]) {
      player.addEventListener(event, () => this.#follow(), { signal });
    }
    signal.addEventListener("abort", () => cancelAnimationFrame(this.#frame));
  }

  /** Seconds from the beginning. */
  get time() {
    return this.usable ? /** @type {HTMLVideoElement} */ (this.#player).currentTime : this.#time;
  }

  /** Seconds that there are to go to. */
  get length() {
    const own = this.#player?.duration;
    return Math.max(this.#length, own && Number.isFinite(own) ? own : 0);
  }

  /** What the record knows of the length, for a player that knows less. @param {number} seconds */
  set length(seconds) {
    this.#length = seconds;
  }

  /** Whether there is a player and it can show this file. */
  get usable() {
    return Boolean(this.#player && this.#player.readyState > 0 && !this.#player.error);
  }

  get playing() {
    return this.usable && !this.#player?.paused;
  }

  /** @param {number} time_s */
  seek(time_s) {
    this.#time = Math.min(Math.max(time_s, 0), this.length);
    if (this.usable && this.#player) this.#player.currentTime = this.#time;
    this.#tell();
  }

  /** @param {number} seconds */
  move(seconds) {
    this.seek(this.time + seconds);
  }

  toggle() {
    if (!this.usable || !this.#player) return;
    if (this.#player.paused) void this.#player.play().catch(() => this.#tell());
    else this.#player.pause();
  }

  /** While it plays, every drawn frame tells; the player's own `timeupdate` comes too seldom. */
  #follow() {
    cancelAnimationFrame(this.#frame);
    this.#tell();
    if (this.playing) this.#frame = requestAnimationFrame(() => this.#follow());
  }

  #tell() {
    if (this.usable && this.#player) this.#time = this.#player.currentTime;
    this.dispatchEvent(new Event("change"));
  }
}
