/** The labels that Dynamics 365 Sales gives the columns of every table that has them. */
const common: Readonly<Record<string, string>> = {
  actualclosedate: "Actual Close Date",
  actualvalue: "Actual Revenue",
  address1_city: "Address 1: City",
  address1_country: "Address 1: Country/Region",
  address1_line1: "Address 1: Street 1",
  address1_line2: "Address 1: Street 2",
  address1_line3: "Address 1: Street 3",
  address1_postalcode: "Address 1: ZIP/Postal Code",
  address1_stateorprovince: "Address 1: State/Province",
  closeprobability: "Probability",
  companyname: "Company Name",
  createdby: "Created By",
  createdon: "Created On",
  customerid: "Potential Customer",
  description: "Description",
  emailaddress1: "Email",
  estimatedamount: "Est. Value",
  estimatedclosedate: "Est. close date",
  estimatedvalue: "Est. revenue",
  estimatedvalue_base: "Est. Revenue (Base)",
  exchangerate: "Exchange Rate",
  firstname: "First Name",
  fullname: "Full Name",
  isrevenuesystemcalculated: "Revenue",
  jobtitle: "Job Title",
  lastname: "Last Name",
  mobilephone: "Mobile Phone",
  modifiedby: "Modified By",
  modifiedon: "Modified On",
  originatingleadid: "Originating Lead",
  overriddencreatedon: "Record Created On",
  ownerid: "Owner",
  parentaccountid: "Account",
  parentcontactid: "Contact",
  primarycontactid: "Primary Contact",
  statecode: "Status",
  statuscode: "Status Reason",
  stepname: "Pipeline Phase",
  subject: "Topic",
  telephone1: "Business Phone",
  totalamount: "Total Amount",
  transactioncurrencyid: "Currency",
  versionnumber: "Version Number",
  websiteurl: "Website",
};

/** What the columns called `name` mean, by table. */
const names: Readonly<Record<string, string>> = { account: "Account Name", opportunity: "Topic" };

/** The label of a standard column; undefined where its name has to do. */
export function standardLabel(
  table: { readonly name: string; readonly displayName: string; readonly primaryId: string },
  column: string,
): string | undefined {
  if (column === table.primaryId) return table.displayName;
  return column === "name" ? names[table.name] : common[column];
}
