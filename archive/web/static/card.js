// The card on Airflow's dashboard: whether all is well, and each outlet in a line. Airflow loads this module and shares its React.
// It runs in Airflow's own page: every text from /card.json is a text node, every address one of ours.
const { createElement: h, useEffect, useState } = globalThis.React;
const data = new URL("../card.json", import.meta.url);
const home = new URL("../../plugin/warraq", import.meta.url).pathname;
const mount = new URL("..", import.meta.url).pathname.replace(/\/$/, "").replace(/^.*\//, "/");
const colour = {
  good: "var(--chakra-colors-green-fg, #1f6b3a)", warn: "var(--chakra-colors-orange-fg, #7a5200)",
  bad: "var(--chakra-colors-red-fg, #9c2525)", quiet: "var(--chakra-colors-fg-muted, #5d625f)",
};
const sign = { good: "✓", warn: "!", bad: "✕", quiet: "•" };
const box = { border: "1px solid var(--chakra-colors-border, #ccc)", borderRadius: "8px", padding: "12px 16px", marginBlock: "8px", lineHeight: 1.6 };
const row = { display: "flex", flexWrap: "wrap", gap: "0 12px", paddingBlock: "3px", borderBlockStart: "1px solid var(--chakra-colors-border, #ddd)" };
const EVERY = 60000;

function language() {
  let said = null;
  try { said = localStorage.getItem("i18nextLng"); } catch { /* kept from us: the browser's own */ }
  return (said || navigator.language || "en").split("-")[0] === "ar" ? "ar" : "en";
}

// Within Airflow's own page, without loading it anew.
function go(event) {
  if (event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  history.pushState(null, "", event.currentTarget.href);
  dispatchEvent(new PopStateEvent("popstate"));
}

function useTold() {
  const [told, tell] = useState(null);
  useEffect(() => {
    let here = true;
    const ask = async () => {
      data.searchParams.set("lang", language());
      try {
        const answer = await fetch(data, { credentials: "same-origin", headers: { Accept: "application/json" } });
        if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
        const found = await answer.json();
        if (here) tell(found);
      } catch (error) {
        if (here) tell({ dir: "ltr", lang: "en", tone: "bad", title: "Warraq", headline: `Warraq does not answer: ${error.message}`, lines: [], more: "Warraq" });
      }
    };
    ask();
    const timer = setInterval(() => { if (!document.hidden) ask(); }, EVERY);
    return () => { here = false; clearInterval(timer); };
  }, []);
  return told;
}

function Line({ one }) {
  return h("li", { style: row },
    h("span", { style: { color: colour[one.tone], fontWeight: 600, minWidth: "8.5em" } }, `${sign[one.tone] || "•"} ${one.status}`),
    h("a", { href: `${home}${mount}${one.path}`, onClick: go, style: { fontWeight: 600, minWidth: "9em" } }, h("bdi", { dir: "auto" }, one.title)),
    h("span", { style: { flex: "1 1 16em", overflowWrap: "anywhere", color: colour.quiet } }, one.said));
}

function Card() {
  const told = useTold();
  if (!told) return h("section", { style: box, "aria-busy": true }, "Warraq …");
  return h("section", { style: box, dir: told.dir, lang: told.lang, "aria-label": told.title, "data-warraq-card": "" },
    h("h2", { style: { fontSize: "1.15em", fontWeight: 700, color: colour[told.tone], marginBlockEnd: "6px" } },
      h("span", { "aria-hidden": true }, `${sign[told.tone]} `), `${told.title}: ${told.headline}`),
    h("ul", { style: { listStyle: "none", padding: 0, margin: 0 } }, told.lines.map((one) => h(Line, { one, key: one.title }))),
    h("p", { style: { marginBlockStart: "8px" } }, h("a", { href: home, onClick: go, style: { color: "var(--chakra-colors-fg-info, #1f6660)", textDecoration: "underline" } }, told.more)));
}

globalThis.AirflowPlugin = Card;
export default Card;
