//! Whether the money suffices for what is about to be sent. Pure: the estimate, the balance and the limits are arguments.

use crate::domain::money::Money;

/// What stands in the way of spending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FundsProblem {
    /// The estimate is more than the account has.
    Balance { estimate: Money, balance: Money },
    /// The estimate, with what the list has cost before, is more than `max_cost`.
    MaxCost {
        estimate: Money,
        spent: Money,
        most: Money,
    },
    /// There is a `max_cost`, and no price to compare it with.
    NoPrice { most: Money },
}

/// The part of an estimate for `sends` numbers that the first `limited` of them cost, rounded up.
pub(crate) fn share(estimate: Money, limited: u64, sends: u64) -> Money {
    if limited >= sends {
        return estimate;
    }
    let part = i128::from(estimate.ten_thousandths()) * i128::from(limited);
    let sends = i128::from(sends.max(1));
    let rounded = (part + sends - 1).div_euclid(sends);
    Money::from_ten_thousandths(i64::try_from(rounded).unwrap_or(i64::MAX))
}

/// What can be said before the balance is known.
pub(crate) fn within_max_cost(
    estimate: Option<Money>,
    spent: Money,
    most: Option<Money>,
) -> Result<(), FundsProblem> {
    let Some(most) = most else { return Ok(()) };
    match estimate {
        None => Err(FundsProblem::NoPrice { most }),
        Some(estimate) if estimate.checked_add(spent).is_none_or(|all| all > most) => {
            Err(FundsProblem::MaxCost {
                estimate,
                spent,
                most,
            })
        }
        Some(_) => Ok(()),
    }
}

/// Without an estimate, nothing is known to be too dear.
pub(crate) fn within_balance(estimate: Option<Money>, balance: Money) -> Result<(), FundsProblem> {
    match estimate {
        Some(estimate) if estimate > balance => Err(FundsProblem::Balance { estimate, balance }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(text: &str) -> Money {
        text.parse().unwrap()
    }

    #[test]
    fn spending_is_refused_by_this_table() {
        let estimate = Some(money("5.82"));
        let balance = FundsProblem::Balance {
            estimate: money("5.82"),
            balance: money("1"),
        };
        assert_eq!(within_balance(estimate, money("1")), Err(balance));
        assert_eq!(within_balance(estimate, money("5.82")), Ok(()));
        assert_eq!(within_balance(None, money("0")), Ok(()));
        let max = |text| within_max_cost(estimate, Money::ZERO, Some(money(text)));
        assert_eq!(max("5.82"), Ok(()));
        let dear = FundsProblem::MaxCost {
            estimate: money("5.82"),
            spent: Money::ZERO,
            most: money("5.8199"),
        };
        let over = FundsProblem::MaxCost {
            estimate: money("5.82"),
            spent: money("4.19"),
            most: money("10"),
        };
        assert_eq!(
            within_max_cost(estimate, money("4.18"), Some(money("10"))),
            Ok(())
        );
        assert_eq!(
            within_max_cost(estimate, money("4.19"), Some(money("10"))),
            Err(over)
        );
        assert_eq!(max("5.8199"), Err(dear));
        assert_eq!(within_max_cost(None, Money::ZERO, None), Ok(()));
        let no_price = FundsProblem::NoPrice { most: money("1") };
        assert_eq!(
            within_max_cost(None, Money::ZERO, Some(money("1"))),
            Err(no_price)
        );
    }

    #[test]
    fn a_limit_costs_its_share_rounded_up() {
        assert_eq!(share(money("10"), 1, 3), money("3.3334"));
        assert_eq!(share(money("10"), 3, 3), money("10"));
        assert_eq!(share(money("10"), 9, 3), money("10"));
        assert_eq!(share(money("10"), 0, 3), money("0"));
        assert_eq!(share(money("10"), 0, 0), money("10"));
    }
}
