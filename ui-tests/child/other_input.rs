#[pgflow::workflow]
mod shipping {
    #[pgflow::step]
    pub async fn ship(input: String) -> pgflow::Result<usize> {
        Ok(input.len())
    }
}

#[pgflow::workflow]
mod orders {
    use super::*;

    #[pgflow::step(child = shipping)]
    pub async fn send(input: u32) -> pgflow::Result<u32> {
        Ok(input)
    }
}

fn main() {
    let _ = shipping::ship(String::new());
    let _ = orders::send(1);
}
