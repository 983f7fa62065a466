// A list of thousands of rows of which only those in sight exist; all rows are of one height.
export class Lista {
  // pintar(row element, place) fills a row; alElegir(place) is called when one is pressed.
  constructor(caja, { alto, crear, pintar, alElegir }) {
    Object.assign(this, { caja, alto, pintar, alElegir });
    this.crear = crear;
    this.cuantas = 0;
    this.filas = [];
    this.fondo = document.createElement("div");
    this.fondo.className = "virtual-fondo";
    this.fondo.setAttribute("role", "presentation");
    caja.replaceChildren(this.fondo);
    this.rueda = caja.closest("[data-rueda]") || caja;
    this.rueda.addEventListener("scroll", () => this.mover(), { passive: true });
    new ResizeObserver(() => this.mover()).observe(this.rueda);
    caja.addEventListener("click", (evento) => {
      const fila = evento.target.closest("[data-lugar]");
      if (fila && !evento.target.closest("a")) this.alElegir(Number(fila.dataset.lugar));
    });
    caja.addEventListener("keydown", (evento) => this.tecla(evento));
    this.foco = -1;
  }

  tecla(evento) {
    const paso = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8, Home: -Infinity, End: Infinity }[evento.key];
    if (paso !== undefined) {
      this.enfocar(Math.max(0, Math.min(this.cuantas - 1, Number.isFinite(paso) ? this.foco + paso : paso < 0 ? 0 : this.cuantas - 1)));
    } else if ((evento.key === "Enter" || evento.key === " ") && this.foco >= 0 && evento.target === this.caja) this.alElegir(this.foco);
    else return;
    evento.preventDefault();
  }

  enfocar(lugar) {
    this.foco = lugar;
    const arriba = this.caja.offsetTop + lugar * this.alto;
    const { scrollTop, clientHeight } = this.rueda;
    if (arriba < scrollTop) this.rueda.scrollTop = arriba;
    else if (arriba + this.alto > scrollTop + clientHeight) this.rueda.scrollTop = arriba + this.alto - clientHeight;
    this.mover();
  }

  poner(cuantas) {
    this.cuantas = cuantas;
    this.fondo.style.height = `${cuantas * this.alto}px`;
    this.mover(true);
  }

  mover(todas = false) {
    const desde = Math.max(0, Math.floor((this.rueda.scrollTop - this.caja.offsetTop) / this.alto) - 2);
    const cabe = Math.ceil((this.rueda.clientHeight || 600) / this.alto) + 5;
    const hasta = Math.min(this.cuantas, desde + cabe);
    while (this.filas.length < hasta - desde) {
      const fila = this.crear();
      fila.classList.add("virtual-fila");
      this.fondo.append(fila);
      this.filas.push(fila);
    }
    this.filas.forEach((fila, k) => {
      const lugar = desde + k;
      fila.hidden = lugar >= hasta;
      if (fila.hidden) return;
      if (todas || fila.dataset.lugar !== String(lugar)) {
        fila.dataset.lugar = lugar;
        fila.style.transform = `translateY(${lugar * this.alto}px)`;
        fila.setAttribute("aria-setsize", this.cuantas);
        fila.setAttribute("aria-posinset", lugar + 1);
        this.pintar(fila, lugar);
      }
      fila.classList.toggle("con-foco", lugar === this.foco);
      fila.id = `fila-${lugar}`;
    });
  }
}
