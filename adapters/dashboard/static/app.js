/* Makes pages quicker and reachable by keyboard. Every form and link works without it. */
(() => {
  "use strict";
  const root = document.documentElement;
  root.classList.add("script");

  const stored = localStorage.getItem("theme");
  if (stored === "dark" || stored === "light") root.dataset.theme = stored;

  document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-do]");
    if (!target) return;
    if (target.dataset.do === "theme") {
      const dark = root.dataset.theme
        ? root.dataset.theme === "dark"
        : matchMedia("(prefers-color-scheme: dark)").matches;
      root.dataset.theme = dark ? "light" : "dark";
      localStorage.setItem("theme", root.dataset.theme);
    } else if (target.dataset.do === "keys") {
      document.getElementById("keys").showModal();
    } else if (target.dataset.do === "close") {
      target.closest("dialog").close();
    } else if (target.dataset.do === "print") {
      window.print();
    } else if (target.dataset.do === "reload") {
      location.reload();
    }
  });

  /* A second press of a form's button while the first is on its way is not sent at all. */
  document.addEventListener("submit", (event) => {
    if (event.target.dataset.sent) event.preventDefault();
    event.target.dataset.sent = "1";
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });

  const GO = { o: "/", h: "/dossiers", t: "/refunds", d: "/reconciliation", l: "/effects", b: "/mappings" };
  let going = false;
  const rows = () => [...document.querySelectorAll("tr[data-row]")];
  const move = (step) => {
    const all = rows();
    if (!all.length) return;
    const at = all.findIndex((row) => row.classList.contains("here"));
    const next = all[Math.min(all.length - 1, Math.max(0, at + step))];
    all.forEach((row) => row.classList.remove("here"));
    next.classList.add("here");
    next.scrollIntoView({ block: "nearest" });
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, dialog[open]")) return;
    if (going) {
      going = false;
      if (GO[event.key]) location.href = GO[event.key];
      return;
    }
    if (event.key === "/") {
      const box = document.querySelector("form.find input");
      if (box) { event.preventDefault(); box.focus(); }
    } else if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "Enter" && event.target === document.body) {
      const link = document.querySelector("tr.here a");
      if (link) link.click();
    } else if (event.key === "?") {
      const keys = document.getElementById("keys");
      if (keys) keys.showModal();
    } else if (event.key === "g") going = true;
  });

  /* Live: htmx tells when the stream opens, breaks and rests; the badge says so in words. */
  const badge = () => document.querySelector(".live");
  const show = (state) => {
    const element = badge();
    if (!element) return;
    element.dataset.state = state;
    element.textContent = element.dataset[state] || "";
  };
  document.addEventListener("htmx:sse:after:connection", () => show("on"));
  document.addEventListener("htmx:sse:error", () => show("reconnecting"));
  document.addEventListener("visibilitychange", () => { if (document.hidden) show("paused"); });
  /* The extension tries a broken stream again by itself, but not one that never opened. */
  setInterval(() => {
    const stream = document.getElementById("stream");
    if (stream && !document.hidden && badge()?.dataset.state !== "on") htmx.trigger(stream, "again");
  }, 3000);
})();
