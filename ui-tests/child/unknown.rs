#[pgflow::workflow]
mod orders {
    #[pgflow::step(child = shiping)]
    pub async fn send(input: u32) -> pgflow::Result<String> {
        Ok(input.to_string())
    }
}

mod shipping {}

fn main() {
    let _ = orders::send(1);
}
