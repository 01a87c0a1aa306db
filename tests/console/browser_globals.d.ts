// What the vendored libraries put on the page, as far as the console uses it. Only the type check reads this.

interface UPlotSeries {
  label?: string;
  stroke?: string;
  fill?: string;
  width?: number;
  paths?: unknown;
  points?: { show: boolean };
}

interface UPlotChart {
  setData(data: ArrayLike<number>[], resetScales?: boolean): void;
  setSize(size: { width: number; height: number }): void;
  setSelect(select: { left: number; top: number; width: number; height: number }, fire?: boolean): void;
  posToVal(position: number, scale: string): number;
  destroy(): void;
  readonly select: { left: number; top: number; width: number; height: number };
  readonly root: HTMLElement;
}

declare const uPlot: {
  new (options: Record<string, unknown>, data: ArrayLike<number>[], target: HTMLElement): UPlotChart;
  readonly paths: { bars(options: { size: [number, number]; align?: number }): unknown };
};

type GeoPair = [number, number];

interface GeoPolygon {
  type: "Polygon";
  coordinates: GeoPair[][];
}

interface GeoProjection {
  scale(scale: number): GeoProjection;
  translate(shift: GeoPair): GeoProjection;
  precision(pixels: number): GeoProjection;
}

interface GeoCircle {
  center(place: GeoPair): GeoCircle;
  radius(degrees: number): GeoCircle;
  precision(degrees: number): GeoCircle;
  (): GeoPolygon;
}

interface GeoGraticule {
  step(degrees: GeoPair): GeoGraticule;
  extent(corners: [GeoPair, GeoPair]): GeoGraticule;
  (): unknown;
}

declare const d3: {
  geoMercator(): GeoProjection;
  geoPath(projection: GeoProjection, context: Path2D): (shape: unknown) => void;
  geoCircle(): GeoCircle;
  geoGraticule(): GeoGraticule;
};

interface TopoShapes {
  geometries: unknown[];
}

interface TopoWorld {
  objects: { countries?: TopoShapes; land?: TopoShapes };
}

declare const topojson: {
  merge(world: TopoWorld, shapes: unknown[]): unknown;
  mesh(world: TopoWorld, shapes: TopoShapes, keep: (one: unknown, other: unknown) => boolean): unknown;
};
