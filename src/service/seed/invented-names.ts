/*
 * People, companies and places for sandbox data. All companies are invented; domains end in
 * .example (RFC 2606).
 */

/** First names of invented people. */
export const firstNames = [
  "Amara",
  "Bilal",
  "Chiara",
  "Dimitri",
  "Elif",
  "Freya",
  "Gustavo",
  "Hanako",
  "Imani",
  "Jonas",
  "Katya",
  "Liang",
  "Mireille",
  "Nadia",
  "Oskar",
  "Priya",
  "Rafael",
  "Saoirse",
  "Tomasz",
  "Yusuf",
] as const;

/** Last names of invented people. */
export const lastNames = [
  "Abara",
  "Bergqvist",
  "Castellanos",
  "Dvorak",
  "Eriksen",
  "Farouk",
  "Grantham",
  "Haddad",
  "Ivanova",
  "Jankowski",
  "Kimura",
  "Lindholm",
  "Moreau",
  "Nakamura",
  "Okonkwo",
  "Pereira",
  "Rossi",
  "Sandoval",
  "Thackeray",
  "Villanueva",
] as const;

/** First halves of company names. */
export const companyHeads = [
  "Amber Kite",
  "Blue Heron",
  "Copper Valley",
  "Driftwood",
  "Evenfall",
  "Fernhill",
  "Gable & Thorn",
  "Harbour Lane",
  "Ironbark",
  "Juniper Row",
  "Kestrel Point",
  "Larkspur",
  "Mossy Bridge",
  "North Quay",
  "Old Orchard",
  "Pebble Creek",
  "Quillfeather",
  "Red Clover",
  "Stillwater",
  "Tidewrack",
  "Umber Field",
  "Violet Hour",
  "Willow Gate",
  "Yarrow",
] as const;

/** Second halves of company names. */
export const companyTails = [
  "Foods",
  "Logistics",
  "Dental Care",
  "Printing",
  "Textiles",
  "Schools",
  "Insurance",
  "Instruments",
  "Hotels",
  "Energy",
  "Museums",
  "Robotics",
] as const;

/** Places, with the currency that a deal there is made in. */
export const places = [
  { country: "US", state: "WA", city: "Spokane", postalCode: "99201", currency: "USD" },
  { country: "US", state: "OH", city: "Dayton", postalCode: "45402", currency: "USD" },
  { country: "DE", state: "Thüringen", city: "Jena", postalCode: "07743", currency: "EUR" },
  { country: "FR", state: "Bretagne", city: "Brest", postalCode: "29200", currency: "EUR" },
  { country: "GB", state: "England", city: "Hull", postalCode: "HU1 1AA", currency: "GBP" },
  { country: "SE", state: "Skåne", city: "Lund", postalCode: "222 22", currency: "SEK" },
  { country: "JP", state: "石川県", city: "金沢市", postalCode: "920-0001", currency: "JPY" },
  { country: "IN", state: "Karnataka", city: "Mysuru", postalCode: "570001", currency: "INR" },
  { country: "BR", state: "PR", city: "Curitiba", postalCode: "80010-000", currency: "BRL" },
  { country: "AU", state: "TAS", city: "Hobart", postalCode: "7000", currency: "AUD" },
  { country: "CA", state: "NS", city: "Halifax", postalCode: "B3H 1A1", currency: "CAD" },
  { country: "ZA", state: "Western Cape", city: "George", postalCode: "6529", currency: "ZAR" },
] as const;

/** What deals are about. */
export const undertakings = [
  "Move the file servers to the cloud",
  "One customer database for all branches",
  "Modern workplace for the field teams",
  "Analytics for the supply chain",
  "Backup and recovery across two regions",
  "An assistant for the service desk",
  "Replace the ageing ERP",
  "Secure sign-in for seasonal staff",
] as const;

/** Solutions that deals ask for. */
export const solutions = [
  { id: "SOL-10482-KTE", name: "Harbour Sync", type: "Name" },
  { id: "SOL-20931-FRN", name: "Fernhill Insight", type: "Name" },
  { id: "Dynamics365forFieldService", name: "Dynamics 365 for Field Service", type: "Category" },
  { id: "AzureMigration", name: "Azure migration", type: "Category" },
] as const;
