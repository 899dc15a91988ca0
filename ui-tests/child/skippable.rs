#[pgflow::workflow]
mod shipping {
    #[pgflow::step]
    pub async fn ship(input: String) -> pgflow::Result<usize> {
        Ok(input.len())
    }
}

#[pgflow::workflow]
mod orders {
    #[pgflow::step(child = super::shipping, skippable)]
    pub async fn send(input: u32) -> pgflow::Result<pgflow::Skippable<String>> {
        Ok(pgflow::Skippable::Done(input.to_string()))
    }
}

fn main() {
    let _ = shipping::ship(String::new());
    let _ = orders::send(1);
}
