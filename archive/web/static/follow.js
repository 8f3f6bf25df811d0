// The only script of these pages. Airflow keeps language and theme in the browser, where the server cannot see them:
// this carries both over, and lets links that name a page of Airflow's open in the window around this frame.
"use strict";
(() => {
  const root = document.documentElement;
  const stored = (name) => {
    try { return localStorage.getItem(name); } catch { return null; }
  };
  const theme = () => {
    const chosen = stored("theme");
    if (chosen === "dark" || chosen === "light") root.dataset.theme = chosen;
    else delete root.dataset.theme;
  };
  const language = () => {
    const wanted = (stored("i18nextLng") || "").split("-")[0];
    if (!wanted) return;
    const ours = wanted === "ar" ? "ar" : "en";
    if (root.lang === ours || document.cookie.includes(`warraq_language=${ours}`)) return;
    document.cookie = `warraq_language=${ours}; path=${root.dataset.base || "/"}; SameSite=Strict; max-age=31536000`;
    location.reload();
  };
  theme();
  language();
  addEventListener("storage", () => { theme(); language(); });
  addEventListener("click", (event) => {
    const link = event.target instanceof Element && event.target.closest("a[data-top]");
    if (!link || window.parent === window || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    window.parent.history.pushState(null, "", link.href);
    window.parent.dispatchEvent(new PopStateEvent("popstate"));
  });
  // What was sent has started a run: its page is where one goes on, and this one cannot lead there by itself.
  addEventListener("DOMContentLoaded", () => document.querySelector("a[data-top][data-now]")?.click());
})();
