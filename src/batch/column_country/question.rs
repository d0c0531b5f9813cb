//! What a batch says where the country of a column is in doubt, and the ways out.

use super::{Candidate, ColumnDoubt};
use crate::domain::numbering;
use crate::failure::{Failure, Fault, Kind};
use crate::text::{self, count, grouped};

impl ColumnDoubt {
    /// Nothing was sent, since the numbers may be other people's.
    pub(crate) fn failure(&self) -> Failure {
        match self.home {
            None => self.unsaid(),
            Some(_) => self.away_from_home(),
        }
    }

    fn unsaid(&self) -> Failure {
        let error = format!(
            "nothing was sent: nobody said which country {} without + or 00 belong to; if they begin with a calling code, {} \
             no known mobile, and {} would go to another country than the one that was probably meant",
            count(self.bare, "number", "numbers"),
            count(self.unknown_abroad, "is", "are"),
            grouped(self.misread),
        );
        let mut failure = self.with_faults(error);
        for Candidate { region, .. } in &self.candidates {
            failure = failure.hint(format!(
                "--country {region} if these are numbers of {}",
                region.name()
            ));
        }
        if self.candidates.is_empty() {
            failure = failure.hint("--country CC if these are numbers of one country, such as --country ES");
        }
        failure.hint("--international if all of them begin with a calling code")
    }

    fn with_faults(&self, error: String) -> Failure {
        let masked = |mut number: String| {
            text::mask(&mut number);
            number
        };
        let faults = self.candidates.iter();
        let faults = faults.map(|candidate| (candidate.fault(|number| number), candidate.fault(masked)));
        Failure::message(Kind::Input, error).with_masked(faults)
    }

    fn away_from_home(&self) -> Failure {
        let Some(Candidate { region, .. }) = self.candidates.first() else {
            return self.unsaid();
        };
        let error = format!(
            "nothing was sent: the {} without + or 00 look like international ones, but {} of them would be read as \
             numbers of {} ({region}), which is the country that is set",
            count(self.bare, "number", "numbers"),
            grouped(self.misread),
            region.name(),
        );
        self.with_faults(error)
            .hint("--international if all of them begin with a calling code")
            .hint(format!(
                "to read them as numbers of {}, write those of other countries with a +",
                region.name()
            ))
    }
}

impl Candidate {
    /// `shown` shows a number.
    fn fault(&self, shown: impl Fn(String) -> String) -> Fault {
        let place = numbering::inspect(self.example.international)
            .region
            .map_or_else(|| "another country".to_owned(), |region| region.name().to_owned());
        Fault {
            what: format!("{} ({})", self.region.name(), self.region),
            message: format!(
                "reads {} of them: {} is +{} there, and +{} ({place}) if it begins with a calling code",
                grouped(self.reads),
                shown(self.example.digits.clone()),
                shown(self.example.national.to_string()),
                shown(self.example.international.to_string()),
            ),
            hint: None,
        }
    }
}
