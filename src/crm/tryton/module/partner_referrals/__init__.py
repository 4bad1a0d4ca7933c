from trytond.pool import Pool

from . import opportunity


def register():
    Pool.register(
        opportunity.Opportunity,
        opportunity.Contact,
        opportunity.Solution,
        module='partner_referrals', type_='model')
