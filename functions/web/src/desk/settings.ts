// What an expert has chosen for this desk, kept in this browser.

export interface DeskSettings {
  available: boolean;
  /** 0 to 1. */
  volume: number;
  muted: boolean;
  /** Show a notification of the system when it rings and the desk is not in sight. */
  notify: boolean;
  /** Turn on camera and microphone as soon as it rings, so that answering takes no time. */
  prepare: boolean;
  /** Answer and decline by key. */
  shortcuts: boolean;
  /** The devices were checked once. */
  checked: boolean;
  microphone?: string;
  camera?: string;
  speaker?: string;
}

export const defaults: DeskSettings = {
  available: true,
  volume: 0.6,
  muted: false,
  notify: false,
  prepare: true,
  shortcuts: true,
  checked: false,
};

const KEY = "visavis.desk";

/** Reads what was kept; what is missing or of another kind is as it was in the beginning. */
export function parseSettings(text: string | null): DeskSettings {
  let kept: unknown;
  try {
    kept = JSON.parse(text ?? "{}");
  } catch {
    kept = {};
  }
  const values = typeof kept === "object" && kept !== null ? (kept as Record<string, unknown>) : {};
  const flag = (name: "available" | "muted" | "notify" | "prepare" | "shortcuts" | "checked"): boolean => {
    const value = values[name];
    return typeof value === "boolean" ? value : defaults[name];
  };
  const { volume } = values;
  const settings: DeskSettings = {
    available: flag("available"),
    volume: typeof volume === "number" && volume >= 0 && volume <= 1 ? volume : defaults.volume,
    muted: flag("muted"),
    notify: flag("notify"),
    prepare: flag("prepare"),
    shortcuts: flag("shortcuts"),
    checked: flag("checked"),
  };
  for (const device of ["microphone", "camera", "speaker"] as const) {
    const id = values[device];
    if (typeof id === "string" && id !== "") settings[device] = id;
  }
  return settings;
}

export function loadSettings(): DeskSettings {
  try {
    return parseSettings(localStorage.getItem(KEY));
  } catch {
    return defaults;
  }
}

export function saveSettings(settings: DeskSettings): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(settings));
  } catch {
    // A browser that keeps nothing: the choice lasts as long as the page.
  }
}
