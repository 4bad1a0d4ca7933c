"""What an opportunity needs to be kept in step with a Partner Center referral."""
from trytond.model import ModelSQL, ModelView, Unique, fields
from trytond.pool import PoolMeta


class Opportunity(metaclass=PoolMeta):
    __name__ = 'sale.opportunity'

    partner_sync = fields.Boolean("Sync with Partner Center")
    partner_referral = fields.Char("Referral Identifier", select=True)
    partner_link = fields.Char("Referral Link")
    partner_state = fields.Char("Partner Center Sync", readonly=True)
    partner_error = fields.Text("Partner Center Audit", readonly=True)
    partner_help = fields.Selection([
            (None, ""),
            ('GeneralOrOther', "General or other"),
            ('CustomerTechnicalArchitecture',
                "Customer technical architecture"),
            ('ProofOfConceptOrDemo', "Proof of concept or demo"),
            ('QuotesOrLicensing', "Quotes or licensing"),
            ('PostSalesCustomerSuccess', "Post-sales customer success"),
            ('WorkloadSpecificValueProposition',
                "Workload-specific value proposition"),
            ], "How Can Microsoft Help?", sort=False)
    partner_share = fields.Boolean("Share with Microsoft")
    partner_consent = fields.Boolean("Customer Agreed to Be Contacted")
    partner_crm_id = fields.Char("Microsoft CRM Identifier", readonly=True)
    partner_contacts = fields.One2Many(
        'partner_referrals.contact', 'opportunity', "Contacts")
    partner_solutions = fields.One2Many(
        'partner_referrals.solution', 'opportunity', "Solutions")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        table = cls.__table__()
        # One deal per referral, whatever crashes in between.
        cls._sql_constraints.append(
            ('partner_referral_once',
                Unique(table, table.partner_referral),
                'partner_referrals.msg_referral_once'))
        # A deal that is closed or opened again in Partner Center makes no
        # quotation here.
        cls._transitions |= {
            ('lead', 'won'),
            ('opportunity', 'won'),
            ('won', 'lead'),
            ('won', 'lost'),
            ('won', 'opportunity'),
            ('lost', 'opportunity'),
            ('lost', 'won'),
            ('cancelled', 'opportunity'),
            }
        cls._buttons.update({'partner_won': {'invisible': True}})

    @classmethod
    @ModelView.button
    def partner_won(cls, opportunities):
        cls.won(opportunities)

    @classmethod
    def copy(cls, opportunities, default=None):
        default = default.copy() if default is not None else {}
        default.setdefault('partner_referral', None)
        default.setdefault('partner_sync', False)
        return super().copy(opportunities, default=default)


class Contact(ModelSQL, ModelView):
    "Partner Center Contact"
    __name__ = 'partner_referrals.contact'

    opportunity = fields.Many2One(
        'sale.opportunity', "Opportunity", required=True, select=True,
        ondelete='CASCADE')
    email = fields.Char("E-mail", required=True)
    first_name = fields.Char("First Name")
    last_name = fields.Char("Last Name")
    phone = fields.Char("Phone")


class Solution(ModelSQL, ModelView):
    "Partner Center Solution"
    __name__ = 'partner_referrals.solution'

    opportunity = fields.Many2One(
        'sale.opportunity', "Opportunity", required=True, select=True,
        ondelete='CASCADE')
    code = fields.Char("Solution", required=True)
    name = fields.Char("Name")
