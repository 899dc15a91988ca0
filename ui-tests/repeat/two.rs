use pgflow::Repeat;

#[pgflow::workflow]
mod orders {
    use super::*;

    #[pgflow::step]
    pub async fn poll(one: Repeat<u32>, other: Repeat<String>) -> pgflow::Result<u32> {
        Ok(one.count() + other.count())
    }
}

fn main() {
    let _ = orders::poll(Repeat::new(None), Repeat::new(None));
}
