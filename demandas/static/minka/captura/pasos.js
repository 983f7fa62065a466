// One question per screen: which is shown, how far one is, and the way back without loss, by our button or the phone's.
import { cada, t, uno } from "./textos.js";

const todos = () => cada("[data-paso]");
let actual = 0;
let alLlegar = () => {};

export const cuantos = () => todos().length;
export const paso = () => actual;
export const nombreDe = (n) => todos()[n].dataset.paso;
export const numeroDe = (nombre) => todos().findIndex((p) => p.dataset.paso === nombre);

export function preparar(hacer) {
  alLlegar = hacer;
  window.addEventListener("popstate", ({ state }) => { if (state?.minka !== undefined) mostrar(state.minka, { mover: true }); });
}

// `anotar`: the phone's own "back" comes back to the step before.
export function ir(n, { anotar = true, mover = true } = {}) {
  const destino = Math.max(0, Math.min(cuantos() - 1, n));
  if (anotar && destino !== actual) history.pushState({ minka: destino }, "");
  else history.replaceState({ minka: destino }, "");
  mostrar(destino, { mover });
}

function mostrar(n, { mover }) {
  actual = n;
  todos().forEach((p, i) => { p.hidden = i !== n; });
  uno("[data-paso-texto]").textContent = t("paso", { n: n + 1, total: cuantos() });
  Object.assign(uno("[data-paso-barra]"), { value: n + 1, max: cuantos() });
  uno("[data-atras]").hidden = n === 0;
  uno("[data-siguiente]").textContent = n === cuantos() - 1 ? t("enviar") : t("siguiente");
  if (mover) {
    window.scrollTo({ top: 0 });
    uno("legend", todos()[n]).focus({ preventScroll: true });
  }
  alLlegar(nombreDe(n));
}
