// The sheet of the phone: the panel pulled up over the map by its handle, at three heights.
"use strict";

window.Minka = window.Minka || {};

Minka.hoja = function ({ pagina, panel, textos, tapado, alCambiar }) {
  const ALTURAS = ["baja", "media", "alta"];
  const asa = panel.querySelector(".asa");
  // What the sheet covers of the map, told to the styles: the controls stand above it.
  function medir() {
    const alto = tapado();
    pagina.style.setProperty("--hoja", `${alto < pagina.offsetHeight * 0.75 ? alto : 0}px`);
  }
  function poner(cual) {
    pagina.dataset.altura = cual;
    panel.style.height = "";
    asa.setAttribute("aria-label", textos.alto.replace("%(altura)s", textos[cual]));
    asa.setAttribute("aria-expanded", String(cual !== "baja"));
    setTimeout(() => { medir(); alCambiar(cual); }, 200);
  }
  poner("media");

  let arrastre = null;
  asa.addEventListener("pointerdown", (evento) => {
    arrastre = { desde: evento.clientY, alto: panel.offsetHeight, movido: false };
    asa.setPointerCapture(evento.pointerId);
  });
  asa.addEventListener("pointermove", (evento) => {
    if (!arrastre) return;
    const delta = arrastre.desde - evento.clientY;
    if (Math.abs(delta) < 6 && !arrastre.movido) return;
    if (!arrastre.movido && pagina.dataset.altura === "baja") pagina.dataset.altura = "media";
    arrastre.movido = true;
    panel.classList.add("arrastrando");
    panel.style.height = `${Math.max(90, arrastre.alto + delta)}px`;
  });
  const soltar = () => {
    if (!arrastre) return;
    const { movido } = arrastre;
    arrastre = null;
    panel.classList.remove("arrastrando");
    if (!movido) return;
    asa.dataset.arrastrada = "1";
    const parte = panel.offsetHeight / pagina.offsetHeight;
    poner(parte < 0.36 ? "baja" : parte < 0.7 ? "media" : "alta");
  };
  asa.addEventListener("pointerup", soltar);
  asa.addEventListener("pointercancel", soltar);
  asa.addEventListener("click", () => {
    if (asa.dataset.arrastrada) { delete asa.dataset.arrastrada; return; }
    poner(ALTURAS[(ALTURAS.indexOf(pagina.dataset.altura) + 1) % 3]);
  });
  asa.addEventListener("keydown", (evento) => {
    const paso = { ArrowUp: 1, ArrowDown: -1 }[evento.key];
    if (!paso) return;
    evento.preventDefault();
    poner(ALTURAS[Math.min(2, Math.max(0, ALTURAS.indexOf(pagina.dataset.altura) + paso))]);
  });
  return { medir, poner };
};
