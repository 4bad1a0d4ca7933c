/** A product of Microsoft's in which the connector may be offered. */
export type ConnectorProduct = "Logic Apps" | "Power Automate" | "Power Apps";

/** Where the connector is offered in one product. */
export interface ProductAvailability {
  readonly product: ConnectorProduct;
  readonly class: "Standard" | "Premium";
  /** Offered in every region of the product but these. */
  readonly excludedRegions: readonly CloudRegion[];
}

/** A sovereign cloud in which a product may run. */
export interface CloudRegion {
  readonly name: string;
  /** Other ways to name it. */
  readonly alsoCalled: readonly string[];
}

const government: CloudRegion = {
  name: "Azure Government regions",
  alsoCalled: ["azure government", "us government", "usgovarizona", "usgovtexas", "usgovvirginia"],
};
const azureChina: CloudRegion = {
  name: "Azure China regions",
  alsoCalled: [
    "azure china",
    "china",
    "chinaeast",
    "chinaeast2",
    "chinaeast3",
    "chinanorth",
    "chinanorth2",
    "chinanorth3",
  ],
};
const defense: CloudRegion = {
  name: "US Department of Defense (DoD)",
  alsoCalled: ["us department of defense", "dod", "usdodcentral", "usdodeast"],
};
const gcc: CloudRegion = {
  name: "US Government (GCC)",
  alsoCalled: ["gcc", "us government"],
};
const gccHigh: CloudRegion = {
  name: "US Government (GCC High)",
  alsoCalled: ["gcc high"],
};
const china: CloudRegion = {
  name: "China Cloud operated by 21Vianet",
  alsoCalled: ["21vianet", "china cloud", "china"],
};

/** The connector's availability, product by product. */
export const availability: readonly ProductAvailability[] = [
  {
    product: "Logic Apps",
    class: "Standard",
    excludedRegions: [government, azureChina, defense],
  },
  {
    product: "Power Automate",
    class: "Premium",
    excludedRegions: [gcc, gccHigh, china, defense],
  },
  { product: "Power Apps", class: "Premium", excludedRegions: [gcc, gccHigh, china, defense] },
];

/** The answer to "may I use it there?". */
export interface AvailabilityAnswer {
  readonly product: ConnectorProduct;
  readonly class: ProductAvailability["class"];
  readonly region: string;
  readonly isAvailable: boolean;
  /** The exclusion that says no. */
  readonly excludedBy?: string;
}

const plain = (text: string): string => text.toLowerCase().replace(/[^a-z\d]/g, "");

/** The availability in a product, whatever the case and spaces of its name. */
export function availabilityOf(product: string): ProductAvailability | undefined {
  return availability.find((row) => plain(row.product) === plain(product));
}

const names = (region: CloudRegion): readonly string[] => [region.name, ...region.alsoCalled];

/** Whether the connector is offered in a product and region; undefined for an unknown product. */
export function isAvailable(product: string, region: string): AvailabilityAnswer | undefined {
  const row = availabilityOf(product);
  if (!row) return undefined;
  const excluded = row.excludedRegions.find((candidate) =>
    names(candidate).some((name) => plain(name) === plain(region)),
  );
  return {
    product: row.product,
    class: row.class,
    region,
    isAvailable: excluded === undefined,
    ...(excluded === undefined ? {} : { excludedBy: excluded.name }),
  };
}
