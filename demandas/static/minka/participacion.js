// What the pages of the process do beyond being read: totals as they are typed, and a stage that opens when it is led to.
(() => {
  "use strict";

  const abrir = () => {
    const etapa = location.hash.startsWith("#etapa-") && document.getElementById(location.hash.slice(1));
    if (etapa) etapa.open = true;
  };
  addEventListener("hashchange", abrir);
  abrir();

  const formulario = document.querySelector("[data-suma]");
  if (!formulario) return;
  const numero = (campo) => Math.max(0, Number.parseInt(campo.value, 10) || 0);
  const escrito = new Intl.NumberFormat("es-BO", { useGrouping: "always" });
  const poner = (salida, valor) => { salida.textContent = escrito.format(valor); };
  const sumar = () => {
    let total = 0;
    for (const grupo of formulario.querySelectorAll("fieldset")) {
      const columnas = [];
      for (const fila of grupo.querySelectorAll("tbody tr")) {
        const valores = [...fila.querySelectorAll("input")].map(numero);
        valores.forEach((valor, i) => { columnas[i] = (columnas[i] || 0) + valor; });
        poner(fila.querySelector("[data-fila]"), valores.reduce((a, b) => a + b, 0));
      }
      for (const salida of grupo.querySelectorAll("[data-columna]")) poner(salida, columnas[Number(salida.dataset.columna)]);
      const suma = columnas.reduce((a, b) => a + b, 0);
      poner(grupo.querySelector("[data-todo]"), suma);
      total += suma;
    }
    poner(formulario.querySelector("[data-gran-total]"), total);
  };
  formulario.addEventListener("input", sumar);
  sumar();
})();
