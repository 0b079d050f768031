// Conveniences only: every page works without this file.
"use strict";

// Times in the reader's own time zone, as a tooltip.
for (const element of document.querySelectorAll("time[datetime]")) {
  const moment = new Date(element.dateTime);
  if (!Number.isNaN(moment.getTime())) {
    element.title = moment.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "long" });
  }
}

// A filter takes effect when it is chosen by mouse or touch; empty fields stay out of the address.
const filters = document.querySelector("form.filters");
if (filters) {
  filters.addEventListener("submit", () => {
    for (const field of filters.elements) {
      if (field.name && !field.value) field.disabled = true;
    }
  });
  let byPointer = false;
  filters.addEventListener("pointerdown", () => { byPointer = true; });
  filters.addEventListener("keydown", () => { byPointer = false; });
  filters.addEventListener("change", (event) => {
    if (byPointer && event.target.matches("select")) filters.requestSubmit();
  });
  // coming back in the history finds the fields enabled again
  window.addEventListener("pageshow", () => {
    for (const field of filters.elements) field.disabled = false;
  });
}

// j and k go from item to item, / to the search field; not while typing.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches("input, select, textarea")) return;
  if (event.key === "/") {
    const search = document.querySelector("input[name=q]");
    if (!search) return;
    search.closest("details")?.setAttribute("open", "");
    search.focus();
    event.preventDefault();
  } else if (event.key === "j" || event.key === "k") {
    const links = [...document.querySelectorAll("[data-row-link]")];
    const here = links.indexOf(document.activeElement);
    const next = here < 0 ? 0 : here + (event.key === "j" ? 1 : -1);
    links[next]?.focus();
  }
});

// Says when there is something new; the page changes only when the reader asks.
const news = document.querySelector("[data-pulse]");
if (news) {
  const age = document.querySelector("[data-age]");
  setInterval(async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(news.dataset.pulse, { headers: { accept: "application/json" } });
      if (!answer.ok) return;
      const pulse = await answer.json();
      if (age) age.textContent = pulse.age;
      if (pulse.newest !== news.dataset.newest) {
        news.hidden = false;
      }
    } catch {
      if (age) age.textContent = "The page server does not answer";
    }
  }, 5000);
}
