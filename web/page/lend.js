/**
 * The pictures of this page, offered to a lab that is open beside it. Only documents of this origin
 * hear the channel; the lab's inside has an origin of its own, and gets the copies that the person
 * hands over.
 */

const CHANNEL = "telltale.lab";

/**
 * @param {{items: readonly {file: File}[]}} session
 * @returns {() => void} to call where there is another picture
 */
export function lend(session) {
  const channel = new BroadcastChannel(CHANNEL);
  const tell = () => channel.postMessage({ files: session.items.map(({ file }) => file) });
  channel.onmessage = ({ data }) => {
    if (data === "which") tell();
  };
  return tell;
}
