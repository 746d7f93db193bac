/* Draws charts with Vega, which is fetched only where there is something to draw.
   The page is complete without: a summary, and the table behind one press. */
const dark = matchMedia("(prefers-color-scheme: dark)");

const chart = (place) => {
  const undrawn = place.parentElement.querySelector("[data-undrawn]");
  let drawn = null;

  const draw = async () => {
    const address = new URL(place.dataset.spec, location.href);
    address.searchParams.set("theme", dark.matches ? "dark" : "light");
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(`${answer.status} for the chart`);
    const spec = await answer.json();
    drawn?.finalize();
    place.hidden = false; // before drawing: the chart is as wide as its place
    drawn = await vegaEmbed(place, spec, {
      ast: true, renderer: "svg", actions: false, defaultStyle: false,
      tooltip: { disableDefaultStyle: true },
    });
    // Its place is one picture with a name and a summary; the table has the figures one by one.
    place.querySelector("svg").ariaHidden = "true";
  };

  const leave = (error) => {
    console.error(error);
    place.hidden = true;
    undrawn.hidden = false;
  };

  import(place.dataset.bundle).then(draw).catch(leave);
  dark.addEventListener("change", () => draw().catch(leave));
};

document.querySelectorAll("[data-spec]").forEach(chart);
