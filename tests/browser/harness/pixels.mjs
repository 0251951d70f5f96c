// A card of known colours on one side, and whether a video on the other side shows it.

/** Top left, top right, bottom left, bottom right. */
const COLOURS = [
  [255, 0, 0],
  [0, 160, 0],
  [0, 0, 255],
  [255, 200, 0],
];

/**
 * Lays the card over the page's upper left quarter, above everything else.
 *
 * @param {import("playwright-core").Page} page
 */
export function layCard(page) {
  return page.evaluate((colours) => {
    const card = document.createElement("div");
    card.popover = "manual";
    card.setAttribute("aria-hidden", "true");
    Object.assign(card.style, {
      position: "fixed",
      inset: "0 auto auto 0",
      width: "50vw",
      height: "50vh",
      margin: "0",
      padding: "0",
      border: "0",
      pointerEvents: "none",
    });
    for (const [index, colour] of colours.entries()) {
      const part = document.createElement("div");
      Object.assign(part.style, {
        position: "absolute",
        left: index % 2 ? "50%" : "0",
        top: index < 2 ? "0" : "50%",
        width: "50%",
        height: "50%",
        background: `rgb(${colour.join(" ")})`,
      });
      card.append(part);
    }
    document.body.append(card);
    card.showPopover();
  }, COLOURS);
}

/**
 * Whether one of the page's videos shows the card.
 *
 * @param {import("playwright-core").Page} page
 * @returns {Promise<boolean>}
 */
export function seesCard(page) {
  return page.evaluate((colours) => {
    /** @param {Document | ShadowRoot} root @returns {HTMLVideoElement[]} */
    const videos = (root) => [
      ...root.querySelectorAll("video"),
      ...[...root.querySelectorAll("*")].flatMap((element) => (element.shadowRoot ? videos(element.shadowRoot) : [])),
    ];
    return videos(document).some((video) => {
      const { videoWidth: width, videoHeight: height } = video;
      if (!width || video.getBoundingClientRect().width === 0) return false;
      const canvas = document.createElement("canvas");
      Object.assign(canvas, { width, height });
      const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
      context.drawImage(video, 0, 0);
      return colours.every((colour, index) => {
        const x = Math.round(width * (index % 2 ? 3 / 8 : 1 / 8));
        const y = Math.round(height * (index < 2 ? 1 / 8 : 3 / 8));
        const seen = context.getImageData(x, y, 1, 1).data;
        return colour.every((part, channel) => Math.abs(part - (seen[channel] ?? 0)) < 48);
      });
    });
  }, COLOURS);
}
