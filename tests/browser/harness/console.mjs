// An administrator at the console.

export class Console {
  /** @param {import("playwright-core").Page} page */
  constructor(page) {
    this.page = page;
  }

  /** @param {string} link to sign in with */
  async open(link) {
    await this.page.goto(link);
    await this.page.getByRole("heading", { name: "Organisation", level: 1 }).waitFor();
  }

  /** @param {string} name as in the navigation */
  section = async (name) => {
    await this.page.getByRole("navigation", { name: "Sections" }).getByRole("link", { name }).click();
    await this.page.getByRole("heading", { level: 1, name }).waitFor();
  };
}
