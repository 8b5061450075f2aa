"""From HTTP to the function, as CloudFront and API Gateway do it; and the page."""
