/** Which colours are shown: those of the system, or a choice of one's own. */
export type Theme = "system" | "light" | "dark";

/** The theme that was chosen on this machine. */
export function chosenTheme(): Theme {
  const { theme } = document.documentElement.dataset;
  return theme === "light" || theme === "dark" ? theme : "system";
}

/** Shows a theme, and remembers it. */
export function chooseTheme(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem("theme", theme);
  } catch {
    // Where storage is forbidden, the choice lasts as long as the page.
  }
  dispatchEvent(new Event("theme-changed"));
}
