use pgflow::Repeat;

#[pgflow::workflow]
mod orders {
    use super::*;

    #[pgflow::step(max_repeats = 0, repeat_timeout = "0s")]
    pub async fn poll(repeat: Repeat) -> pgflow::Result<u32> {
        Ok(repeat.count())
    }
}

fn main() {
    let _ = orders::poll(Repeat::new(None));
}
