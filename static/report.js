/* Draws the report's chart with Vega, which is fetched only where there is something to draw.
   The page is complete without: a summary, and the table behind one press. */
const place = document.querySelector("[data-spec]");
const dark = matchMedia("(prefers-color-scheme: dark)");
let drawn = null;

const draw = async () => {
  const answer = await fetch(`${place.dataset.spec}?theme=${dark.matches ? "dark" : "light"}`);
  if (!answer.ok) throw new Error(`${answer.status} for the chart`);
  const spec = await answer.json();
  drawn?.finalize();
  place.hidden = false; // before drawing: the chart is as wide as its place
  drawn = await vegaEmbed(place, spec, {
    ast: true, renderer: "svg", actions: false, defaultStyle: false,
    tooltip: { disableDefaultStyle: true },
  });
};

const undrawn = (error) => {
  console.error(error);
  place.hidden = true;
  document.querySelector("[data-undrawn]").hidden = false;
};

if (place) {
  import(place.dataset.bundle).then(draw).catch(undrawn);
  dark.addEventListener("change", () => draw().catch(undrawn));
}
